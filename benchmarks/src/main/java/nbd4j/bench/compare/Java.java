// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Properties;

/**
 * A Java to run ours on.
 *
 * @param home its folder, with {@code bin/java} and {@code release}
 * @param release such as {@code 21.0.4}
 */
public record Java(Path home, String release) {
    /** Returns the Java in a folder. */
    public static Java at(Path home) throws IOException {
        if (!Files.isExecutable(home.resolve("bin/java"))) {
            throw new IOException("there is no bin/java in " + home);
        }
        var properties = new Properties();
        try (var in = Files.newBufferedReader(home.resolve("release"))) {
            properties.load(in);
        }
        return new Java(home, properties.getProperty("JAVA_VERSION", "unknown").replace("\"", ""));
    }

    /**
     * Makes a folder with a {@code bin/java} that runs the Java 21 of another root, such as the one that
     * {@code .ci/trixie up} makes. Starting it costs one more process, some 2 ms, and the rights of root.
     *
     * @param folder to be made
     */
    static Java ofRoot(Path root, Path folder) throws IOException {
        Path inside;
        try (var homes = Files.newDirectoryStream(root.resolve("usr/lib/jvm"), "java-21-openjdk-*")) {
            inside = homes.iterator().next();
        } catch (java.util.NoSuchElementException e) {
            throw new IOException("there is no Java 21 in " + root, e);
        }
        Files.createDirectories(folder.resolve("bin"));
        Files.copy(inside.resolve("release"), folder.resolve("release"));
        Path java = Files.createFile(
                folder.resolve("bin/java"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Files.writeString(
                java, "#!/bin/sh\nexec chroot '%s' '/%s/bin/java' \"$@\"%n".formatted(root, root.relativize(inside)));
        return at(folder);
    }
}
