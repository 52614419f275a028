// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import jdk.jfr.FlightRecorder;
import nbd4j.handshake.Negotiator;
import nbd4j.model.Export;
import nbd4j.model.ExportInfo;
import nbd4j.model.ExportListing;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.InformationType;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdTlsException;
import nbd4j.model.OptionError;
import nbd4j.transport.TlsUpgrade;
import nbd4j.transport.Transport;
import org.jspecify.annotations.Nullable;

/**
 * A session with a server before an export is chosen: ask what there is, switch features on, and then choose by
 * {@link #go}, which hands over an {@link NbdConnection}.
 *
 * {@snippet class="nbd4j.examples.ListExports" region="list"}
 *
 * <p>An option that the server refuses throws an {@link NbdNegotiationException} and leaves the negotiation usable, so
 * that a name that does not exist can be followed by one that does. After any other {@code IOException} the connection
 * is closed and every later call fails with the same cause. Calls that cannot be right, such as options that the
 * server's way of greeting does not have, throw {@code IllegalStateException} or {@code IllegalArgumentException}
 * before a byte is sent.
 *
 * <p>Each call is bounded by {@link ConnectOptions#handshakeTimeout()}. Any thread may call; calls take turns.
 * Interrupting a thread inside a call closes the connection. {@link #close} may be called at any time.
 *
 * <p>Source: proto.md, "Handshake", "Option types".
 */
public final class NbdNegotiation implements AutoCloseable {
    /** Longest wait for the server to hang up after ABORT. It is politeness, so it is short. */
    private static final Duration ABORT_LIMIT = Duration.ofSeconds(1);

    private final ReentrantLock lock = new ReentrantLock();
    private final Transport plain;
    private final ConnectOptions options;
    private final TlsChoice.Source tls;
    /** Guarded by the lock, as is the guard. */
    private final Negotiator negotiator;

    private final HandshakeGuard guard;
    /** Guarded by the lock: null unless somebody records. */
    private final @Nullable HandshakeEvent event;
    /** Guarded by the lock: why there is nothing more to negotiate, though nothing failed. */
    private @Nullable String over;

    private NbdNegotiation(Transport plain, ConnectOptions options, TlsChoice.Source tls, boolean oneLimitForAll) {
        this.plain = plain;
        this.options = options;
        this.tls = tls;
        this.event = FlightRecorder.isInitialized() ? HandshakeEvent.begun(plain) : null;
        Duration abortLimit =
                options.closeTimeout().isZero() || options.closeTimeout().compareTo(ABORT_LIMIT) > 0
                        ? ABORT_LIMIT
                        : options.closeTimeout();
        this.negotiator = new Negotiator(plain, abortLimit, options.extendedHeaders());
        this.guard = new HandshakeGuard(negotiator, plain, options.handshakeTimeout(), oneLimitForAll);
    }

    /**
     * Reads the greeting, and does STARTTLS where TLS is required. Owns the transport, and closes it on failure.
     *
     * @param tls how to do TLS
     * @param tlsRequired whether nothing but STARTTLS may be sent in the clear
     * @param oneLimitForAll whether the handshake limit is for everything together, not for each call
     */
    static NbdNegotiation greet(
            Transport transport,
            ConnectOptions options,
            TlsChoice.Source tls,
            boolean tlsRequired,
            boolean oneLimitForAll)
            throws IOException {
        var negotiation = new NbdNegotiation(transport, options, tls, oneLimitForAll);
        try {
            negotiation.call(() -> {
                negotiation.negotiator.greet(tlsRequired, options.oldServers());
                return negotiation;
            });
        } catch (IOException | RuntimeException e) {
            transport.close();
            negotiation.endEvent();
            throw e;
        }
        if (tlsRequired) {
            negotiation.requireTls();
        }
        return negotiation;
    }

    private void requireTls() throws IOException {
        try {
            startTls();
        } catch (NbdNegotiationException e) {
            close();
            if (e.error() == OptionError.SHUTDOWN) {
                throw e;
            }
            throw new NbdTlsException("TLS is required, and %s".formatted(e.getMessage()), e);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private <T> T call(HandshakeGuard.Step<T> step) throws IOException {
        lock.lock();
        try {
            requireGoingOn();
            return guard.run(step);
        } catch (IOException e) {
            if (event != null) {
                event.failed(e);
            }
            throw e;
        } finally {
            lock.unlock();
        }
    }

    private void requireGoingOn() {
        if (over != null) {
            throw new IllegalStateException("the negotiation with %s %s".formatted(plain.peer(), over));
        }
    }

    /** Returns how the server greeted. Only fixed newstyle has options other than {@link #exportName}. */
    public HandshakeStyle handshakeStyle() {
        lock.lock();
        try {
            return negotiator.handshakeStyle();
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether the session is encrypted. */
    public boolean tls() {
        lock.lock();
        try {
            return negotiator.transport().tls();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the exports that the server likes to show. It may have others.
     *
     * @throws NbdNegotiationException if the server refuses, even after some entries
     * @throws IOException if the session fails
     */
    public List<ExportListing> list() throws IOException {
        return call(negotiator::list);
    }

    /**
     * Returns all that the server tells of an export, without choosing it.
     *
     * @param name empty for the default export
     * @throws NbdNegotiationException if the server refuses, with {@link OptionError#UNKNOWN} if there is no such
     *     export; or if its size needs all 64 bits
     * @throws IOException if the session fails
     */
    public ExportInfo info(String name) throws IOException {
        return info(name, EnumSet.allOf(InformationType.class));
    }

    /**
     * Returns what the server tells of an export, without choosing it. Size and flags always come; the server may
     * leave out what was asked for, and add what was not.
     *
     * @param name empty for the default export
     * @param types what to ask for
     * @throws NbdNegotiationException as for {@link #info(String)}
     * @throws IOException if the session fails
     */
    public ExportInfo info(String name, Set<InformationType> types) throws IOException {
        return call(() -> negotiator.info(name, types));
    }

    /**
     * Asks for structured replies: reads in chunks, holes, block status. Asked once only; extended headers include
     * them.
     *
     * @return whether they are on
     * @throws NbdNegotiationException if the server wants TLS first, or shuts down
     * @throws IOException if the session fails
     */
    public boolean structuredReplies() throws IOException {
        return call(negotiator::structuredReplies);
    }

    /**
     * Asks for extended headers: as structured replies, with lengths of 64 bits. Afterwards {@link #exportName} is no
     * longer possible.
     *
     * @return whether they are on
     * @throws NbdNegotiationException if the server wants TLS first, or shuts down
     * @throws IOException if the session fails
     */
    public boolean extendedHeaders() throws IOException {
        return call(negotiator::extendedHeaders);
    }

    /**
     * Switches to TLS with the URI's and the options' certificates or keys. All that was switched on before is off
     * again, and nothing learned before holds.
     *
     * @throws NbdNegotiationException if the server refuses; nothing is encrypted then
     * @throws NbdTlsException if the files or names that TLS needs are missing, and nothing was sent; or if the server
     *     cannot be trusted or TLS fails, and the connection is closed
     * @throws IllegalStateException if TLS is on already
     * @throws IOException if the session fails
     */
    public void startTls() throws IOException {
        TlsUpgrade upgrade = tls.open();
        call(() -> {
            negotiator.startTls(upgrade);
            return true;
        });
    }

    /**
     * Returns the names of the metadata contexts that match. Without queries all are listed; a name with nothing
     * behind the colon stands for many.
     *
     * @param exportName empty for the default export
     * @param queries namespace, colon, leaf; nothing behind the colon asks for the whole namespace; at most 64
     * @throws NbdNegotiationException if the server refuses
     * @throws IllegalStateException if neither structured replies nor extended headers are on
     * @throws IOException if the session fails
     */
    public List<String> listMetaContexts(String exportName, List<String> queries) throws IOException {
        return call(() -> negotiator.listMetaContexts(exportName, queries));
    }

    /**
     * Chooses the metadata contexts for block status, instead of those chosen before, which are lost even if the
     * server refuses. They hold only if this very export is chosen then, and not across {@link #startTls}.
     *
     * @param exportName empty for the default export
     * @param queries namespace, colon, leaf, such as {@code base:allocation}; none to choose nothing; at most 64
     * @return those that the server agreed to, perhaps none, in its order
     * @throws NbdNegotiationException if the server refuses
     * @throws IllegalStateException if neither structured replies nor extended headers are on
     * @throws IOException if the session fails
     */
    public List<MetaContext> setMetaContexts(String exportName, List<String> queries) throws IOException {
        return call(() -> negotiator.setMetaContexts(exportName, queries));
    }

    /** Ends the session in an orderly way: ABORT, then close. The same as {@link #close}. */
    public void abort() {
        close();
    }

    /**
     * Chooses an export and hands over the connection to it. The negotiation ends if this succeeds.
     *
     * @param name empty for the default export
     * @throws NbdNegotiationException if the server refuses, with {@link OptionError#UNKNOWN} if there is no such
     *     export and {@link OptionError#UNSUPPORTED} if it is too old for this option; the negotiation goes on. If the
     *     export's size needs all 64 bits the negotiation is over
     * @throws IOException if the session fails
     */
    public NbdConnection go(String name) throws IOException {
        return handOver(() -> negotiator.go(name));
    }

    /**
     * Chooses an export by the oldest option, which cannot say why it fails: the server just hangs up. For servers
     * that do not know {@link #go}. To an oldstyle server nothing is sent, and the name must be empty.
     *
     * @param name empty for the default export
     * @throws IllegalStateException if extended headers are on
     * @throws NbdNegotiationException if the only export of an oldstyle server is asked for by a name
     * @throws IOException if the session fails, or the server hangs up
     */
    public NbdConnection exportName(String name) throws IOException {
        return handOver(() -> negotiator.exportName(name));
    }

    private NbdConnection handOver(HandshakeGuard.Step<Export> choice) throws IOException {
        lock.lock();
        try {
            Export export = call(choice);
            over = "ended when it handed over its connection";
            if (event != null) {
                event.chose(export);
            }
            return NbdConnection.start(negotiator.transport(), export, options);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Switches on what the options ask for and chooses an export, with the older option where the server knows no
     * other. Closes the session on failure.
     */
    NbdConnection connect(String name) throws IOException {
        try {
            return handshakeStyle() == HandshakeStyle.FIXED_NEWSTYLE ? connectFixed(name) : exportName(name);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private NbdConnection connectFixed(String name) throws IOException {
        boolean extended = options.extendedHeaders() && extendedHeaders();
        boolean chunks = extended || (options.structuredReplies() && structuredReplies());
        if (chunks && !options.metaContexts().isEmpty()) {
            tryMetaContexts(name);
        }
        try {
            return go(name);
        } catch (NbdNegotiationException e) {
            if (e.error() != OptionError.UNSUPPORTED || extended) {
                throw e;
            }
            return exportName(name);
        }
    }

    private void tryMetaContexts(String name) throws IOException {
        try {
            setMetaContexts(name, options.metaContexts());
        } catch (NbdNegotiationException e) {
            if (e.error() == OptionError.TLS_REQUIRED || e.error() == OptionError.SHUTDOWN) {
                throw e;
            }
        }
    }

    /**
     * Ends the session, if it was not handed over: sends ABORT where the protocol has it, and closes. Takes a second
     * at most; a call in progress in another thread fails at once. Idempotent.
     */
    @Override
    public void close() {
        if (!lock.tryLock()) {
            plain.close();
            return;
        }
        try {
            if (over == null) {
                over = "was closed";
                if (!plain.isClosed()) {
                    negotiator.abort();
                }
                guard.close();
                endEvent();
            }
        } finally {
            lock.unlock();
        }
    }

    private void endEvent() {
        if (event != null) {
            event.end(negotiator.transport().tls());
        }
    }
}
