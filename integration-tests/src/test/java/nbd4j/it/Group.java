// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Tests that need the same thing from the machine. A group whose thing is missing is skipped, loudly, or fails where
 * the environment has {@code CI=true} or the system property {@code nbd4j.require} is {@code all}.
 *
 * <p>The name is also the JUnit tag: {@code ./mvnw verify -Dgroups=nbdkit}.
 */
enum Group {
    NBDKIT("nbdkit", "apt-get install nbdkit", "nbdkit"),
    QEMU("qemu", "apt-get install qemu-utils", "qemu-nbd qemu-img qemu-io"),
    NBD_SERVER("nbd-server", "apt-get install nbd-server", "nbd-server"),
    LIBNBD("libnbd", "apt-get install libnbd-bin cryptsetup-bin", "nbdinfo nbdcopy cryptsetup"),
    GNUTLS("gnutls", "apt-get install gnutls-bin", "certtool"),
    PYTHON("python", "apt-get install python3", "python3"),
    DOCKER("docker", "start a Docker engine, e.g. with '.ci/docker up'", "") {
        @Override
        Optional<String> missing() {
            return Containers.missing();
        }
    },
    TRIXIE("trixie", "run '.ci/trixie up' as root", "") {
        @Override
        Optional<String> missing() {
            return LocalProcesses.trixieMissing();
        }
    },
    NETNS("netns", "as root: apt-get install iproute2", "ip") {
        @Override
        Optional<String> missing() {
            return super.missing().or(NetworkNamespace::missing);
        }
    },
    LAUNCHER("launcher", "run './mvnw package', which builds the jars that bin/nbd starts", "") {
        @Override
        Optional<String> missing() {
            return Checkout.missing();
        }
    };

    /** The name of tests that need nothing, in the counts that {@link GroupCounts} writes. */
    static final String UNTAGGED = "untagged";

    private final String tag;
    private final String remedy;
    private final String tools;

    Group(String tag, String remedy, String tools) {
        this.tag = tag;
        this.remedy = remedy;
        this.tools = tools;
    }

    String tag() {
        return tag;
    }

    /** Says what to do where {@link #missing} found something. */
    String remedy() {
        return remedy;
    }

    /** Returns what is missing, as half a sentence; empty where the group can run. */
    Optional<String> missing() {
        var absent = Arrays.stream(tools.split(" ", -1))
                .filter(tool -> Tools.find(tool).isEmpty())
                .collect(Collectors.joining(", "));
        return absent.isEmpty() ? Optional.empty() : Optional.of("not on PATH: " + absent);
    }

    static Optional<Group> ofTag(String tag) {
        return Arrays.stream(values()).filter(group -> group.tag.equals(tag)).findFirst();
    }
}
