// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.concurrent.ThreadFactory;

/**
 * The threads of a command that does channel I/O: platform threads. A command has few, and a virtual one that waits for a
 * socket starts the JVM's poller, for which the JVM waits 0.3 s when it exits (docs/performance.md, "Start-up").
 */
final class CliThreads {
    static final ThreadFactory FACTORY =
            Thread.ofPlatform().name("nbd-", 0).daemon().factory();

    private CliThreads() {}
}
