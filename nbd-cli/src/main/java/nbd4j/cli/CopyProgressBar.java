// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.time.Duration;
import nbd4j.copy.CopyListener;
import nbd4j.copy.CopyProgress;

/**
 * Shows on standard error how far a copy is: a bar that is drawn again in place on a terminal, else a line now and then.
 * Called by the thread of the copy.
 */
final class CopyProgressBar implements CopyListener {
    /** A log file should not fill up with progress. */
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);

    /** What stands beside the bar takes about so many characters. */
    private static final int TEXT_WIDTH = 62;

    private static final int MAXIMUM_BAR = 40;
    private static final int MINIMUM_BAR = 10;

    private final Console console;
    private final boolean terminal;
    private Duration lastLine = Duration.ZERO;
    private Duration lastElapsed = Duration.ZERO;
    private long lastFinished;
    private double rate;

    CopyProgressBar(Console console) {
        this.console = console;
        this.terminal = console.environment().errTerminal();
    }

    @Override
    public void progressed(CopyProgress progress) {
        measure(progress);
        if (terminal) {
            draw(progress);
        } else if (progress.elapsed().minus(lastLine).compareTo(BETWEEN_LINES) >= 0) {
            lastLine = progress.elapsed();
            console.message(text(progress));
        }
    }

    private void draw(CopyProgress progress) {
        console.raw("\r" + fit(bar(progress) + " " + text(progress)) + "\u001b[K");
    }

    /** Shows the end of a copy that succeeded, or leaves the last state of one that did not. */
    void end(CopyProgress progress, boolean success) {
        if (success) {
            rate = progress.bytesPerSecond();
        }
        if (terminal) {
            draw(progress);
            console.raw("\n");
        } else if (success) {
            console.message(text(progress));
        }
    }

    /** Follows the rate of the last seconds: what it was before the disk slowed down tells nothing of the rest. */
    private void measure(CopyProgress progress) {
        double seconds = progress.elapsed().minus(lastElapsed).toNanos() / 1e9;
        if (seconds < 0.05) {
            return;
        }
        double now = (progress.finished() - lastFinished) / seconds;
        double weight = Math.min(1, seconds / 2);
        rate = lastFinished == 0 && rate == 0 ? progress.bytesPerSecond() : rate + (now - rate) * weight;
        lastElapsed = progress.elapsed();
        lastFinished = progress.finished();
    }

    private String bar(CopyProgress progress) {
        int room = console.environment().columns() - TEXT_WIDTH;
        int width = Math.max(MINIMUM_BAR, Math.min(MAXIMUM_BAR, room));
        int full = (int) Math.floor(progress.fraction() * width);
        return "[" + "#".repeat(full) + "-".repeat(width - full) + "]";
    }

    private String text(CopyProgress progress) {
        var text = new StringBuilder();
        if (progress.size().isPresent()) {
            text.append(percent(progress)).append("% ");
        }
        text.append(HumanSize.rounded(progress.finished()));
        progress.size().ifPresent(size -> text.append(" of ").append(HumanSize.rounded(size)));
        text.append(", ").append(HumanSize.rounded(rate)).append("/s");
        if (progress.size().isPresent() && rate >= 1 && progress.fraction() < 1) {
            double left = (progress.size().getAsLong() - progress.finished()) / rate;
            text.append(", ")
                    .append(HumanDuration.of(Duration.ofMillis(Math.round(Math.min(left, 1e9) * 1000))))
                    .append(" left");
        }
        long holes = progress.zeroed() + progress.skipped();
        if (holes > 0) {
            text.append(", ").append(HumanSize.rounded(holes)).append(" zeroes");
        }
        if (progress.retried() > 0) {
            text.append(", ").append(progress.retried()).append(" retries");
        }
        return text.toString();
    }

    /** Returns the finished part in percent; 100 only when all is finished. */
    static int percent(CopyProgress progress) {
        return (int) Math.floor(progress.fraction() * 100);
    }

    private String fit(String line) {
        int columns = console.environment().columns() - 1;
        return line.length() <= columns ? line : line.substring(0, Math.max(0, columns));
    }
}
