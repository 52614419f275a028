// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The most memory that a process had resident so far, as the kernel counts it; proc(5), VmHWM. */
final class PeakMemory {
    private final Path status;
    private long kibibytes;

    PeakMemory(long pid) {
        this.status = Path.of("/proc/" + pid + "/status");
    }

    /** Looks again, unless the process has ended. Always returns false, for conditions that wait for the end. */
    boolean look() {
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmHWM:")) {
                    kibibytes = Math.max(kibibytes, Long.parseLong(line.replaceAll("\\D", "")));
                }
            }
        } catch (NoSuchFileException ended) {
            return false;
        } catch (IOException e) {
            // The process ended while it was looked at.
            return false;
        }
        return false;
    }

    long mebibytes() {
        if (kibibytes == 0) {
            throw new AssertionError("the process was never seen");
        }
        return kibibytes >> 10;
    }
}
