// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of a command that does channel I/O: platform threads. A command has few, and a virtual one that waits for a
 * socket starts the JVM's poller, for which the JVM waits 0.3 s when it exits (docs/performance.md, "Start-up").
 */
final class CliThreads {
    private static final AtomicInteger STARTED = new AtomicInteger();

    /** Not {@code Thread.ofPlatform().name("nbd-", 0)}, whose counter takes 10 ms to link. */
    static final ThreadFactory FACTORY = task -> {
        var thread = new Thread(task, "nbd-" + STARTED.getAndIncrement());
        thread.setDaemon(true);
        return thread;
    };

    private CliThreads() {}
}
