// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import nbd4j.server.NbdServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code nbd copy --blkhash}, against the formula of nbdcopy computed by hand. */
final class CopyHashTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "--blkhash, SHA-256, 65536",
        "--blkhash=sha256/64K, SHA-256, 65536",
        "--blkhash=MD5, MD5, 65536",
        "--blkhash=sha1/512, SHA-1, 512",
        "--blkhash=sha3-256/1M, SHA3-256, 1048576",
        "--blkhash=sha512/4MiB, SHA-512, 4194304"
    })
    void printsTheDigestOfTheDigestsOfTheBlocks(String option, String algorithm, int blockSize) throws Exception {
        byte[] disk = new byte[(3 << 20) + 513];
        new Random(7).nextBytes(disk);
        Arrays.fill(disk, 1 << 20, 2 << 20, (byte) 0);
        Path source = Files.write(folder.resolve("source.img"), disk);

        assertThat(Run.nbd("copy", option, source.toString(), "null:"))
                .isEqualTo(new Run(0, expected(disk, algorithm, blockSize) + "\n", ""));
    }

    @Test
    void writesTheDigestOfAServersDiskToAFile() throws Exception {
        byte[] disk = new byte[(2 << 20) + 1];
        Arrays.fill(disk, 0, 64 << 10, (byte) 'A');
        Path file = folder.resolve("digest");
        Path target = folder.resolve("target.img");
        try (NbdServer server = ServedDisk.start(disk.length)) {
            String uri = server.uri().toString();

            assertThat(Run.as("nbdcopy", "--blkhash", "--blkhash-file", file.toString(), uri, target.toString()))
                    .isEqualTo(new Run(0, "", ""));
            assertThat(file).hasContent(expected(disk, "SHA-256", 64 << 10) + "\n");
            assertThat(target).hasBinaryContent(disk);

            assertThat(Run.nbd("copy", "--blkhash-file=" + file, "--no-extents", uri, "-")
                            .exitCode())
                    .isZero();
            assertThat(file).hasContent(expected(disk, "SHA-256", 64 << 10) + "\n");
        }
    }

    @Test
    void printsNoDigestOfACopyThatFails() throws Exception {
        Path source = Files.write(folder.resolve("source.img"), new byte[2 << 20]);
        try (NbdServer small = ServedDisk.start(1 << 20)) {
            Run run =
                    Run.nbd("copy", "--blkhash", source.toString(), small.uri().toString());

            assertThat(run.out()).isEmpty();
            assertThat(run.err()).contains("holds 1048576 bytes, but the source has 2097152");
            assertThat(run.exitCode()).isEqualTo(1);
        }
    }

    @Test
    void refusesWrongCalls() throws Exception {
        Path source = Files.write(folder.resolve("source.img"), new byte[512]);

        assertThat(Run.nbd("copy", "--blkhash=crc32", "a", "b")).isEqualTo(new Run(2, "", """
                nbd copy: --blkhash: no digest "crc32"; there are [md5, sha1, sha224, sha256, sha3-256, sha3-512, sha384, sha512]
                nbd copy: try: nbd copy --help
                """));
        assertThat(Run.nbd("copy", "--blkhash=md5/3000", "a", "b")).isEqualTo(new Run(2, "", """
                nbd copy: --blkhash: block size 3000 of a block hash is not a power of two from 512 to 67108864
                nbd copy: try: nbd copy --help
                """));
        assertThat(Run.nbd("copy", "--blkhash=md5/8G", "a", "b").exitCode()).isEqualTo(2);
        assertThat(Run.nbd("copy", "--blkhash", source.toString(), "-")).isEqualTo(new Run(2, "", """
                nbd copy: --blkhash: standard output is where the disk goes; say where the digest goes: --blkhash-file=FILE
                nbd copy: try: nbd copy --help
                """));
        assertThat(Run.nbd("copy", "--blkhash-file=" + source, source.toString(), "null:")
                        .err())
                .startsWith("nbd copy: --blkhash-file: " + source + " is the disk itself\n");
        assertThat(Run.nbd("copy", "--blkhash-file=" + folder, source.toString(), "null:")
                        .err())
                .startsWith("nbd copy: --blkhash-file: " + folder + " cannot be written\n");
        assertThat(source).hasSize(512);
    }

    /** H(digests of all blocks, one after the other, then the size as 64 bits, lowest byte first). */
    private static String expected(byte[] disk, String algorithm, int blockSize) throws Exception {
        MessageDigest outer = MessageDigest.getInstance(algorithm);
        for (int at = 0; at < disk.length; at += blockSize) {
            byte[] block = Arrays.copyOfRange(disk, at, Math.min(at + blockSize, disk.length));
            outer.update(MessageDigest.getInstance(algorithm).digest(block));
        }
        outer.update(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, disk.length)
                .array());
        return HexFormat.of().formatHex(outer.digest());
    }
}
