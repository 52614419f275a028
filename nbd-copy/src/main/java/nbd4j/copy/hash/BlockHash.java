// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.hash;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.Map;

/**
 * A digest of a disk that is made of the digests of its blocks, so that blocks can be digested in any order and many at
 * a time: the digest of all block digests one after the other, followed by the size of the disk as 64 bits, lowest byte
 * first. A last block that is shorter is digested as it is.
 *
 * <p>The same as {@code nbdcopy --blkhash}. It tells what was read; whether the target has it is another question.
 *
 * @param algorithm the digest as Java names it, such as {@code SHA-256}
 * @param blockSize bytes of one block, a power of two from 512 to 64 MiB
 */
public record BlockHash(String algorithm, int blockSize) {
    private static final int SMALLEST_BLOCK = 512;
    private static final int LARGEST_BLOCK = 64 << 20;
    private static final BlockHash DEFAULTS = new BlockHash("SHA-256", 64 << 10);
    private static final Map<String, String> NAMES = Map.of(
            "md5", "MD5",
            "sha1", "SHA-1",
            "sha224", "SHA-224",
            "sha256", "SHA-256",
            "sha384", "SHA-384",
            "sha512", "SHA-512",
            "sha3-256", "SHA3-256",
            "sha3-512", "SHA3-512");

    /** Refuses what this JVM cannot do, and block sizes out of range. */
    public BlockHash {
        if (blockSize < SMALLEST_BLOCK || blockSize > LARGEST_BLOCK || Integer.bitCount(blockSize) != 1) {
            throw new IllegalArgumentException("block size %d of a block hash is not a power of two from %d to %d"
                    .formatted(blockSize, SMALLEST_BLOCK, LARGEST_BLOCK));
        }
        digest(algorithm);
    }

    /** Returns SHA-256 of blocks of 64 KiB. */
    public static BlockHash defaults() {
        return DEFAULTS;
    }

    /**
     * Returns the hash of a digest as users name it.
     *
     * @param name {@code md5}, {@code sha1}, {@code sha224}, {@code sha256}, {@code sha384}, {@code sha512},
     *     {@code sha3-256} or {@code sha3-512}, in any case
     * @param blockSize bytes of one block
     * @throws IllegalArgumentException if there is no such digest
     */
    public static BlockHash of(String name, int blockSize) {
        String algorithm = NAMES.get(name.toLowerCase(Locale.ROOT));
        if (algorithm == null) {
            throw new IllegalArgumentException("no digest \"%s\"; there are %s"
                    .formatted(name, NAMES.keySet().stream().sorted().toList()));
        }
        return new BlockHash(algorithm, blockSize);
    }

    MessageDigest newDigest() {
        return digest(algorithm);
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalArgumentException("this JVM has no digest " + algorithm, e);
        }
    }
}
