// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.time.Duration;
import nbd4j.handshake.Negotiator;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.NbdTlsException;
import nbd4j.transport.Transport;
import nbd4j.transport.Watchdog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the steps of a handshake under its time limit, closes the transport when one fails in a way that cannot be gone
 * on from, and remembers why.
 *
 * <p>For one thread at a time.
 */
final class HandshakeGuard {
    private static final Logger LOG = LoggerFactory.getLogger(HandshakeGuard.class);

    private final Negotiator negotiator;
    private final Transport plain;
    private final Duration limit;
    private final boolean oneLimitForAll;
    private final long startNanos = System.nanoTime();
    private @Nullable IOException failure;

    /**
     * Creates a guard; the limit begins now.
     *
     * @param plain the transport that ends everything above it when it is closed
     * @param limit zero for none
     * @param oneLimitForAll whether the limit holds for all steps together, not for each
     */
    HandshakeGuard(Negotiator negotiator, Transport plain, Duration limit, boolean oneLimitForAll) {
        this.negotiator = negotiator;
        this.plain = plain;
        this.limit = limit;
        this.oneLimitForAll = oneLimitForAll;
    }

    interface Step<T> {
        T run() throws IOException;
    }

    /** Runs one step. */
    <T> T run(Step<T> step) throws IOException {
        if (failure != null) {
            throw again(failure);
        }
        var watchdog = Watchdog.start(plain, remaining());
        try {
            T result = step.run();
            watchdog.close();
            if (watchdog.barked()) {
                throw new NbdDisconnectedException("closed at the time limit");
            }
            return result;
        } catch (IOException e) {
            throw judge(e, watchdog);
        } catch (RuntimeException | Error e) {
            if (!negotiator.inStep()) {
                fail(new NbdDisconnectedException("%s in the middle of a message".formatted(e), e));
            }
            throw e;
        } finally {
            watchdog.close();
        }
    }

    private Duration remaining() {
        if (!oneLimitForAll || limit.isZero()) {
            return limit;
        }
        Duration left = limit.minusNanos(System.nanoTime() - startNanos);
        return left.isPositive() ? left : Duration.ofNanos(1);
    }

    private IOException judge(IOException e, Watchdog watchdog) {
        if (e instanceof NbdNegotiationException && negotiator.inStep() && !watchdog.barked()) {
            if (negotiator.transport().isClosed()) {
                failure = e;
            }
            return e;
        }
        IOException told = watchdog.barked() && !(e instanceof NbdNegotiationException)
                ? new NbdTimeoutException(
                        "handshake with %s took longer than %d ms; was waiting for %s"
                                .formatted(plain.peer(), limit.toMillis(), negotiator.phase()),
                        e)
                : e;
        fail(told);
        return told;
    }

    private void fail(IOException cause) {
        LOG.debug("{}: closing: {}", plain.peer(), cause.getMessage());
        failure = cause;
        close();
    }

    /** Closes without a word. */
    void close() {
        negotiator.transport().close();
        plain.close();
    }

    private IOException again(IOException cause) {
        String message = "the negotiation with %s is over: %s".formatted(plain.peer(), cause.getMessage());
        return switch (cause) {
            case NbdProtocolException e -> new NbdProtocolException(message, e);
            case NbdTimeoutException e -> new NbdTimeoutException(message, e);
            case NbdTlsException e -> new NbdTlsException(message, e);
            default -> new NbdDisconnectedException(message, cause);
        };
    }
}
