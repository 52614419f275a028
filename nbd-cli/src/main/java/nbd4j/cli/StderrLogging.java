// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Prints what the libraries log to the console of the command: warnings always, the rest with {@code -v}.
 *
 * <p>slf4j makes the instance, through META-INF/services. Nothing is read and no thread is started, so that a command
 * with nothing to log does not wait for its log.
 */
public final class StderrLogging implements SLF4JServiceProvider {
    /** The state of the process. slf4j is a static facade, so what stands behind it cannot be passed in. */
    private static volatile @Nullable Console console;

    private static volatile boolean verbose;

    private final ConcurrentMap<String, Logger> loggers = new ConcurrentHashMap<>();
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter contexts = new NOPMDCAdapter();

    /** Used by slf4j only. */
    public StderrLogging() {}

    /** Sends what is logged from now on to a console. */
    static void start(Console newConsole, boolean newVerbose) {
        console = newConsole;
        verbose = newVerbose;
    }

    static boolean isVerbose() {
        return verbose;
    }

    /** Prints one event as one line. */
    static void print(String line) {
        Console current = console;
        if (current != null) {
            current.message(line);
        }
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return name -> loggers.computeIfAbsent(name, StderrLogger::new);
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return contexts;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {}
}
