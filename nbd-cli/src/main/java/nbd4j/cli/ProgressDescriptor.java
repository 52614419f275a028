// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import nbd4j.copy.CopyListener;
import nbd4j.copy.CopyProgress;

/**
 * {@code --progress=FD}: writes {@code N/100} and a newline to a file descriptor each time the number changes. Begins with
 * 0; 100 comes only after a copy that succeeded. Called by one thread.
 */
final class ProgressDescriptor implements CopyListener, AutoCloseable {
    private final OutputStream out;
    private final boolean owned;
    private int last = -1;

    private ProgressDescriptor(OutputStream out, boolean owned) {
        this.out = out;
        this.owned = owned;
    }

    /** Opens a descriptor that this process inherited. */
    static ProgressDescriptor open(String text, Console console) throws UsageException {
        int number;
        try {
            number = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "--progress: '%s' is not the number of a file descriptor".formatted(OneLine.of(text)), e);
        }
        if (number == 1 || number == 2) {
            return new ProgressDescriptor(number == 1 ? console.out() : console.err(), false);
        }
        for (String folder : new String[] {"/proc/self/fd/", "/dev/fd/"}) {
            Path path = Path.of(folder + number);
            if (number >= 0 && Files.exists(path)) {
                try {
                    return new ProgressDescriptor(Files.newOutputStream(path, StandardOpenOption.APPEND), true);
                } catch (IOException e) {
                    throw new UsageException(
                            "--progress: file descriptor %d cannot be written to: %s"
                                    .formatted(number, Main.message(e)),
                            e);
                }
            }
        }
        throw new UsageException("--progress: file descriptor %d is not open".formatted(number));
    }

    @Override
    public void progressed(CopyProgress progress) {
        show(Math.min(99, CopyProgressBar.percent(progress)));
    }

    /** Tells the start, and the end of a copy that succeeded. */
    void show(int percent) {
        if (percent <= last) {
            return;
        }
        last = percent;
        try {
            out.write((percent + "/100\n").getBytes(StandardCharsets.US_ASCII));
            out.flush();
        } catch (IOException e) {
            // Whoever watched has gone; the copy goes on without.
            last = Integer.MAX_VALUE;
        }
    }

    @Override
    @SuppressWarnings("EmptyCatch") // as in show
    public void close() {
        if (owned) {
            try {
                out.close();
            } catch (IOException e) {
                // The copy is what counts.
            }
        }
    }
}
