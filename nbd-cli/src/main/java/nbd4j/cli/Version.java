// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

/** What {@code --version} prints. */
final class Version {
    private Version() {}

    /** Returns the version that the build wrote into the jar, under the name the user knows, and the Java that runs it. */
    static String text(String program) {
        String written = Version.class.getPackage().getImplementationVersion();
        String version = written == null ? "(not packaged)" : written;
        String own = "nbd4j " + version + " (Java " + Runtime.version().feature() + ")\n";
        return program.equals("nbd") ? own : program + " " + version + "\n" + own;
    }
}
