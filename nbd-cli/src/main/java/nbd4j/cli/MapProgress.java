// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.time.Duration;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Tells on standard error how far a map is that takes its time. Called by one thread. */
final class MapProgress implements LongConsumer {
    /** Most maps are there before anybody wonders. */
    private static final long FIRST_NANOS = Duration.ofSeconds(2).toNanos();

    private static final long TERMINAL_NANOS = Duration.ofMillis(500).toNanos();
    private static final long LINES_NANOS = Duration.ofSeconds(10).toNanos();

    private final Console console;
    private final long from;
    private final long to;
    private final LongSupplier nanoTime;
    private final long start;
    private long next;
    private boolean drawn;

    MapProgress(Console console, long from, long to, LongSupplier nanoTime) {
        this.console = console;
        this.from = from;
        this.to = to;
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
        this.next = start + FIRST_NANOS;
    }

    @Override
    public void accept(long position) {
        long now = nanoTime.getAsLong();
        boolean terminal = console.environment().errTerminal();
        if (drawn && terminal && position >= to) {
            console.raw("\r\u001b[K");
            drawn = false;
            return;
        }
        if (now - next < 0) {
            return;
        }
        next = now + (terminal ? TERMINAL_NANOS : LINES_NANOS);
        String text = "map: %s of %s, %s"
                .formatted(
                        HumanSize.rounded(position - from),
                        HumanSize.rounded(to - from),
                        HumanDuration.of(Duration.ofNanos(now - start)));
        if (terminal) {
            console.raw("\r" + text + "\u001b[K");
            drawn = true;
        } else {
            console.message(text);
        }
    }
}
