// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import nbd4j.copy.hash.BlockHash;

/**
 * The digest that {@code nbd copy --blkhash} computes, and where it goes.
 *
 * @param hash which; nothing if none is wanted
 * @param file where to write it; nothing for standard output
 */
record HashOutput(Optional<BlockHash> hash, Optional<Path> file) {
    static final Option DIGEST = Option.optional("DIGEST[/SIZE]", """
            Print a digest of the disk, made of the digests of its blocks, while copying. DIGEST is md5, sha1, sha224,
            sha256, sha384, sha512, sha3-256 or sha3-512, SIZE a power of two. Default: sha256/64K.
            It is of what was read from the source; it does not verify the destination.""", "--blkhash");
    static final Option FILE =
            Option.value("FILE", "Write that digest to a file instead of standard output.", "--blkhash-file");

    /** Returns what the arguments ask; a file alone asks for the default digest. */
    static HashOutput of(Arguments arguments) throws UsageException {
        if (!arguments.has("--blkhash") && !arguments.has("--blkhash-file")) {
            return new HashOutput(Optional.empty(), Optional.empty());
        }
        Optional<String> wanted = arguments.value("--blkhash");
        BlockHash hash = wanted.isPresent() ? parse(wanted.get()) : BlockHash.defaults();
        Optional<String> file = arguments.value("--blkhash-file");
        return new HashOutput(Optional.of(hash), file.isPresent() ? Optional.of(path(file.get())) : Optional.empty());
    }

    private static BlockHash parse(String text) throws UsageException {
        int slash = text.indexOf('/');
        String name = slash < 0 ? text : text.substring(0, slash);
        long size =
                slash < 0 ? BlockHash.defaults().blockSize() : HumanSize.parse("--blkhash", text.substring(slash + 1));
        try {
            return BlockHash.of(name, (int) Math.min(size, Integer.MAX_VALUE));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--blkhash: " + e.getMessage(), e);
        }
    }

    private static Path path(String text) throws UsageException {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UsageException("--blkhash-file: '%s' is no file name".formatted(OneLine.of(text)), e);
        }
    }

    /** Refuses, before anything is copied, places where the digest would be lost or would overwrite a disk. */
    void check(Operand from, Operand to) throws UsageException {
        if (hash.isEmpty()) {
            return;
        }
        if (file.isEmpty()) {
            if (to instanceof Operand.Stream) {
                throw new UsageException(
                        "--blkhash: standard output is where the disk goes; say where the digest goes: --blkhash-file=FILE");
            }
            return;
        }
        Path path = file.get().toAbsolutePath().normalize();
        for (Operand end : new Operand[] {from, to}) {
            if (end instanceof Operand.File(String disk)
                    && Path.of(disk).toAbsolutePath().normalize().equals(path)) {
                throw new UsageException("--blkhash-file: %s is the disk itself".formatted(OneLine.of(disk)));
            }
        }
        Path parent = path.getParent();
        boolean writable = Files.exists(path)
                ? !Files.isDirectory(path) && Files.isWritable(path)
                : parent != null && Files.isDirectory(parent) && Files.isWritable(parent);
        if (!writable) {
            throw new UsageException("--blkhash-file: %s cannot be written".formatted(OneLine.of(path.toString())));
        }
    }

    /** Tells the digest of a copy that succeeded. */
    void tell(Console console, Optional<String> digest) throws IOException {
        if (digest.isEmpty()) {
            return;
        }
        String line = digest.get() + "\n";
        if (file.isPresent()) {
            Files.writeString(file.get(), line);
        } else {
            console.print(line);
        }
    }
}
