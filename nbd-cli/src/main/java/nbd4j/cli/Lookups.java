// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

/**
 * Answers beforehand what slf4j and the JDK would look up in every jar of the class path. The classes of a command come
 * from the archive, so that nothing else opens the jars, which takes 40 ms. See docs/decisions/launcher.md, "What a start
 * must not touch".
 */
final class Lookups {
    /** The JDK's own choice on Linux. */
    private static final String SELECTORS = "sun.nio.ch.EPollSelectorProvider";

    private Lookups() {}

    /** Answers for the whole process, but for what the user has set. */
    static void answer() {
        set("slf4j.provider", StderrLogging.class.getName());
        // Otherwise slf4j prints that it was told so.
        set("slf4j.internal.verbosity", "WARN");
        if (isThere(SELECTORS)) {
            set("java.nio.channels.spi.SelectorProvider", SELECTORS);
        }
        // Resolvers of host names are looked for in this one.
        Thread.currentThread().setContextClassLoader(ClassLoader.getPlatformClassLoader());
    }

    private static void set(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private static boolean isThere(String name) {
        try {
            return Class.forName(name, false, null) != null;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
