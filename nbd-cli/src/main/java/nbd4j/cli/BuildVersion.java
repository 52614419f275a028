// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version line of {@code nbd --version}: the version that the build wrote into the jar, and the Java that runs it. */
final class BuildVersion implements IVersionProvider {
    @Override
    public String[] getVersion() {
        var version = Optional.ofNullable(BuildVersion.class.getPackage().getImplementationVersion())
                .orElse("(not packaged)");
        return new String[] {"nbd4j " + version + " (Java " + Runtime.version().feature() + ")"};
    }
}
