// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Run in a JVM of its own, without Bouncy Castle. */
final class PskWithoutLibrary {
    private PskWithoutLibrary() {}

    public static void main(String[] arguments) {
        try {
            PskUpgrade.of(Path.of("/dev/null"), Optional.empty());
        } catch (IOException e) {
            System.out.println(e.getMessage());
        }
    }
}
