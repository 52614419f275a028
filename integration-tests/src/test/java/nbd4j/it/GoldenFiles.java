// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import nbd4j.it.protocol.Keys;

/**
 * The files behind the servers of {@link PeerContract}, made when a command line names one: {@code @disk} is the path
 * of the disk.
 */
final class GoldenFiles {
    /** "hello world " 400 times. */
    private static final String XZ =
            "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4BK/ACpdADQZSe6N6ReJOjNf/YJ8ZNOcq/I3Az2wB8D8mrwpy60Q"
                    + "CO/P4zKH5PgiAAAAAEA5rTkVmVKWAAFGwCUAAAB7iq1kscRn+wIAAAAABFla";

    private static final int MIB = 1 << 20;

    private final Path folder;

    GoldenFiles(Path parent) throws IOException {
        folder = Files.createTempDirectory(parent, "golden");
        // Servers of another user read them, and some write.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    /** Returns the words of a command line: 'quoted ones' may hold spaces, and files stand in place of their names. */
    List<String> words(String line) throws IOException, InterruptedException {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean quoted = false;
        for (char each : (line + " ").toCharArray()) {
            if (each == '\'') {
                quoted = !quoted;
            } else if (each == ' ' && !quoted) {
                words.add(withFiles(word.toString()));
                word.setLength(0);
            } else {
                word.append(each);
            }
        }
        return words;
    }

    private String withFiles(String word) throws IOException, InterruptedException {
        int at = word.indexOf("@/");
        return at < 0 ? word : word.substring(0, at) + file(word.substring(at + 2));
    }

    /** Returns a file by its name, or the folder of several exports; makes it where it is not there yet. */
    Path file(String name) throws IOException, InterruptedException {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            make(file, name);
        }
        return file;
    }

    private void make(Path file, String name) throws IOException, InterruptedException {
        switch (name) {
            case "disk", "disk2" -> sparse(file, MIB);
            case "odd" -> sparse(file, MIB + 513);
            case "empty" -> Files.createFile(file);
            case "disk.gz" -> {
                try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
                    out.write("hello world ".repeat(400).getBytes(US_ASCII));
                }
            }
            case "disk.xz" -> Files.write(file, Base64.getDecoder().decode(XZ));
            case "disk.tar" ->
                Tools.run(
                                "tar",
                                "-C",
                                folder.toString(),
                                "-cf",
                                file.toString(),
                                file("disk").getFileName().toString())
                        .succeeded();
            case "disk.ext2" ->
                Tools.run("mke2fs", "-q", "-t", "ext2", "-d", file("exports").toString(), file.toString(), "1M")
                        .succeeded();
            case "disk.luks" -> luks(file);
            case "exports" -> {
                Files.createDirectory(file);
                Files.write(file.resolve("one"), new byte[1024]);
                Files.writeString(file.resolve("two words"), "hello\n".repeat(100));
            }
            case "demand" -> {
                Files.createDirectory(file);
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxrwxrwx"));
            }
            case "extents" -> Files.writeString(file, "0 64K data\n64K 64K hole,zero\n128K 4K zero\n132K 100 hole\n");
            case "rescue" ->
                Files.writeString(
                        file, "# Mapfile\n0x00000000     +     1\n0x00000000 0x00080000 +\n0x00080000 0x00080000 -\n");
            case "keys.psk" -> {
                Files.writeString(file, "alice:00112233445566778899aabbccddeeff\n");
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
            case "base.qcow2" -> {
                qemuImg("create", "-q", "-f", "qcow2", file.toString(), "4M");
                qemuIo(file, "write 0 64k");
            }
            case "middle.qcow2" -> {
                overlay(file, "base.qcow2");
                qemuIo(file, "write 192k 64k");
            }
            case "fine.qcow2" -> {
                overlay(file, "base.qcow2");
                qemuImg("bitmap", "--add", "-g", "4k", file.toString(), "b1");
                qemuIo(file, "write 1M 4k", "write 3M 8k");
            }
            case "top.qcow2" -> {
                overlay(file, "middle.qcow2");
                qemuImg("bitmap", "--add", file.toString(), "b0");
                qemuIo(file, "write 1M 128k", "write -z 2M 64k");
            }
            case "two.qcow2" -> {
                overlay(file, "middle.qcow2");
                qemuImg("bitmap", "--add", file.toString(), "b0");
                qemuIo(file, "write 1M 128k");
                qemuImg("bitmap", "--add", "-g", "4k", file.toString(), "b1");
                qemuIo(file, "write 1088k 4k", "write 3M 64k");
            }
            case "certificates" -> {
                Files.createDirectory(file);
                Keys.make(file);
                Files.setPosixFilePermissions(
                        file.resolve("client-key.pem"), PosixFilePermissions.fromString("rw-------"));
            }
            default -> throw new IllegalArgumentException(name);
        }
    }

    /**
     * Makes an encrypted disk. Not by qemu-img, which times its key derivation by the processor time of a thread and
     * fails once in thirteen runs, and takes long in others, where the kernel counts that in ticks.
     */
    private static void luks(Path file) throws IOException, InterruptedException {
        Path key = Files.createTempFile("nbd4j-it", ".key");
        try {
            Files.writeString(key, "123456");
            sparse(file, 3 * MIB);
            Tools.run(
                            "cryptsetup",
                            "luksFormat",
                            "--batch-mode",
                            "--type=luks1",
                            "--pbkdf-force-iterations=1000",
                            "--key-file=" + key,
                            file.toString())
                    .succeeded();
        } finally {
            Files.delete(key);
        }
    }

    private void overlay(Path file, String backing) throws IOException, InterruptedException {
        qemuImg("create", "-q", "-f", "qcow2", "-b", file(backing).toString(), "-F", "qcow2", file.toString(), "4M");
    }

    private static void qemuImg(String... arguments) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of("qemu-img"));
        line.addAll(List.of(arguments));
        Tools.run(line).succeeded();
    }

    private static void qemuIo(Path file, String... commands) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of("qemu-io"));
        for (String command : commands) {
            line.addAll(List.of("-c", command));
        }
        line.add(file.toString());
        Tools.run(line).succeeded();
    }

    private static void sparse(Path file, long size) throws IOException {
        try (var out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(size);
            out.write("0123456789abcdef".repeat(4096).getBytes(US_ASCII));
            out.seek(size / 2);
            out.write(new byte[] {1, 2, 3});
        }
    }
}
