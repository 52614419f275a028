// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The checkout that these tests run in. */
public final class Checkout {
    private Checkout() {}

    /** Returns its top folder: tests run in the folder of their module, one below. */
    public static Path root() {
        return Path.of("..").toAbsolutePath().normalize();
    }

    /** Returns the launcher, {@code bin/nbd} or one of its other names. */
    public static Path launcher(String name) {
        return root().resolve("bin").resolve(name);
    }

    /** Returns what the launcher misses to start at once; empty where it is built. */
    static Optional<String> missing() {
        var jar = root().resolve("nbd-cli/target/nbd-cli.jar");
        return Files.exists(jar) ? Optional.empty() : Optional.of("there is no " + jar);
    }
}
