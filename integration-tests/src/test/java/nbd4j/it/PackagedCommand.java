// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * A copy of the launcher and of the jars it starts, in a folder of its own, so that a test can break it.
 *
 * @param root the folder, as a checkout
 */
record PackagedCommand(Path root) {
    /** Copies {@code bin} and the jars of this checkout. */
    static PackagedCommand copyTo(Path root) throws IOException {
        copy(Checkout.root().resolve("bin"), root.resolve("bin"));
        var command = new PackagedCommand(root);
        Files.createDirectories(command.target());
        Files.copy(
                Checkout.root().resolve("nbd-cli/target/nbd-cli.jar"),
                command.jar(),
                StandardCopyOption.COPY_ATTRIBUTES);
        copy(Checkout.root().resolve("nbd-cli/target/lib"), command.target().resolve("lib"));
        return command;
    }

    Path bin(String name) {
        return root.resolve("bin").resolve(name);
    }

    Path target() {
        return root.resolve("nbd-cli/target");
    }

    Path jar() {
        return target().resolve("nbd-cli.jar");
    }

    Path lock() {
        return root.resolve("target/nbd-launcher.lock");
    }

    /** Returns the archives of classes that the launcher made. */
    List<Path> archives() throws IOException {
        try (var files = Files.list(target())) {
            return files.filter(file -> file.toString().matches(".*\\.(aot|jsa)"))
                    .toList();
        }
    }

    /** Moves the jar away and puts a script in the place of the build. */
    void buildWith(String script) throws IOException {
        Files.move(jar(), root.resolve("built.jar"));
        script(root.resolve("mvnw"), script);
    }

    /** Makes a folder that looks like a JDK whose {@code java} is this script. */
    static Path jdk(Path home, String version, String script) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n", UTF_8);
        script(home.resolve("bin/java"), script);
        return home;
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + text + "\n", UTF_8);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (var file : files.toList()) {
                Files.copy(
                        file,
                        to.resolve(file.getFileName()),
                        LinkOption.NOFOLLOW_LINKS,
                        StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
