// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How many files this process may still open, as far as the system tells: Linux does. A pool of many connections must
 * not take the last ones, since then the process cannot even open the file that it wants to copy to.
 */
final class OpenFiles {
    /** So many are left to the rest of the process: those that a copy, a class loader and a log need. */
    static final int SPARE = 16;
    /** A pool of so many connections is not worth the looking: it takes no more than the spare ones. */
    static final int FEW_CONNECTIONS = 8;

    private static final Pattern LIMIT = Pattern.compile("(?m)^Max open files +(\\d+) ");

    /**
     * Held by the one thread of this process that looks: it takes two files for that, and many diallers that look at a time
     * would take what is to be left to others.
     */
    private static final ReentrantLock LOOKING = new ReentrantLock();

    private final Path process;

    /** Asks about a process, by its folder below {@code /proc}. */
    OpenFiles(Path process) {
        this.process = process;
    }

    static OpenFiles ofThisProcess() {
        return new OpenFiles(Path.of("/proc/self"));
    }

    /**
     * Does nothing if there are enough files left for one more connection, or if nobody knows.
     *
     * @param opening how many more are just being opened
     * @throws IOException if there are not, with the numbers
     */
    void requireSpare(int opening) throws IOException {
        long limit;
        long open;
        LOOKING.lock();
        try (Stream<Path> files = Files.list(process.resolve("fd"))) {
            Matcher found = LIMIT.matcher(Files.readString(process.resolve("limits")));
            if (!found.find()) {
                return;
            }
            limit = Long.parseLong(found.group(1));
            open = files.count();
        } catch (IOException unknown) {
            return;
        } finally {
            LOOKING.unlock();
        }
        if (limit - open - opening <= SPARE) {
            throw new IOException("too many open files: %d of %d, and %d being opened; the last %d are left to others"
                    .formatted(open, limit, opening, SPARE));
        }
    }
}
