// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockSizes;
import nbd4j.model.Export;
import nbd4j.model.ExportInfo;
import nbd4j.model.ExportListing;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.InformationType;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.NbdTlsException;
import nbd4j.model.OptionError;
import nbd4j.model.Printable;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;
import nbd4j.transport.TlsUpgrade;
import nbd4j.transport.Transport;
import nbd4j.wire.Greeting;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of the handshake: what was greeted, what was switched on, which contexts hold.
 *
 * <p>For one thread at a time, which also sets the time limits. Wrong calls are refused by an
 * {@code IllegalStateException} or {@code IllegalArgumentException} before a byte is sent. After a
 * {@link NbdNegotiationException} the session can go on, unless the transport is closed; after any other
 * {@code IOException} the caller must close it.
 *
 * <p>Source: proto.md, "Handshake", "TLS support", "Metadata querying".
 */
public final class Negotiator {
    private final HandshakeWire wire;
    private final OptionExchange exchange;
    private final boolean mayExtend;

    private @Nullable Greeting greeting;
    private boolean structured;
    private boolean extended;
    private boolean extendedAsked;
    private ContextSelection contexts = ContextSelection.NONE;

    /**
     * Creates a session that has not begun; {@link #greet} begins it.
     *
     * @param abortLimit how long to wait for the server to hang up after ABORT
     * @param mayExtend whether to ask for extended headers where the server insists on them
     */
    public Negotiator(Transport transport, Duration abortLimit, boolean mayExtend) {
        this.wire = new HandshakeWire(transport);
        this.exchange = new OptionExchange(wire, abortLimit);
        this.mayExtend = mayExtend;
    }

    /** Returns what carries the bytes now. */
    public Transport transport() {
        return wire.transport();
    }

    /** Returns what is or was being waited for, for messages: {@code the reply to GO}. */
    public String phase() {
        return wire.phase();
    }

    /** Returns whether both sides agree where a message begins; if not, the transport is of no further use. */
    public boolean inStep() {
        return wire.inStep();
    }

    /**
     * Reads the greeting and answers it.
     *
     * @param tlsRequired whether to leave without a byte where TLS cannot be asked for
     * @param oldServers whether servers without fixed newstyle are welcome
     * @throws NbdTlsException if TLS cannot be asked for; the caller must close without a word
     * @throws NbdNegotiationException if old servers are not welcome; likewise
     */
    public void greet(boolean tlsRequired, boolean oldServers) throws IOException {
        Greeting read;
        try {
            read = Greeter.read(wire);
            if (read instanceof Greeting.Oldstyle oldstyle) {
                InfoReplies.requireOldstyleFlags(oldstyle.flags());
            }
        } catch (NbdProtocolException e) {
            throw new NbdProtocolException("%s broke the protocol: %s".formatted(wire.peer(), e.getMessage()), e);
        }
        greeting = read;
        HandshakeStyle style = handshakeStyle();
        if (style != HandshakeStyle.FIXED_NEWSTYLE && tlsRequired) {
            throw new NbdTlsException("%s greets in %s, which has no TLS; TLS is required, so nothing was sent"
                    .formatted(wire.peer(), style));
        }
        if (style != HandshakeStyle.FIXED_NEWSTYLE && !oldServers) {
            throw new NbdNegotiationException(
                    "%s greets in %s; only FIXED_NEWSTYLE is allowed by the options".formatted(wire.peer(), style), 0);
        }
        if (read instanceof Greeting.Newstyle newstyle) {
            wire.write(newstyle.clientFlags());
        }
    }

    /** Returns how the server greeted. */
    public HandshakeStyle handshakeStyle() {
        return greeting().style();
    }

    private Greeting greeting() {
        if (greeting == null) {
            throw new IllegalStateException("the greeting of %s was not read yet".formatted(wire.peer()));
        }
        return greeting;
    }

    private void requireOptions() {
        if (handshakeStyle() != HandshakeStyle.FIXED_NEWSTYLE) {
            throw new IllegalStateException(
                    "%s greets in %s, where only exportName is possible".formatted(wire.peer(), handshakeStyle()));
        }
    }

    /** Lists exports. */
    public List<ExportListing> list() throws IOException {
        requireOptions();
        return OptList.run(exchange);
    }

    /** Describes an export. */
    public ExportInfo info(String name, Set<InformationType> types) throws IOException {
        requireOptions();
        return OptInfo.run(exchange, name, types);
    }

    /** Asks for structured replies, unless they or extended headers are on; returns whether they are on. */
    public boolean structuredReplies() throws IOException {
        requireOptions();
        if (!structured && !extended) {
            structured = OptStructuredReply.run(exchange);
        }
        return structured || extended;
    }

    /** Asks for extended headers, unless they are on; returns whether they are on. */
    public boolean extendedHeaders() throws IOException {
        requireOptions();
        if (!extended) {
            extendedAsked = true;
            extended = OptExtendedHeaders.run(exchange);
        }
        return extended;
    }

    /** Switches to TLS; all that was learned or switched on before is void. */
    public void startTls(TlsUpgrade upgrade) throws IOException {
        requireOptions();
        if (wire.transport().tls()) {
            throw new IllegalStateException("TLS is in use already with %s".formatted(wire.peer()));
        }
        OptStartTls.run(exchange, upgrade);
        structured = false;
        extended = false;
        extendedAsked = false;
        contexts = ContextSelection.NONE;
    }

    /** Lists the metadata contexts that match some queries, all if there are none. */
    public List<String> listMetaContexts(String exportName, List<String> queries) throws IOException {
        requireChunks("LIST_META_CONTEXT");
        return extendingOnDemand(() -> OptListMetaContext.run(exchange, exportName, queries));
    }

    /** Chooses metadata contexts, instead of those chosen before; those are lost even if this fails. */
    public List<MetaContext> setMetaContexts(String exportName, List<String> queries) throws IOException {
        requireChunks("SET_META_CONTEXT");
        OptSetMetaContext.requireSendable(exportName, queries);
        contexts = ContextSelection.NONE;
        contexts = extendingOnDemand(() -> OptSetMetaContext.run(exchange, exportName, queries));
        return contexts.asked();
    }

    private void requireChunks(String option) {
        requireOptions();
        if (!structured && !extended) {
            throw new IllegalStateException(
                    "%s needs structured replies or extended headers to be negotiated first, with %s neither is"
                            .formatted(option, wire.peer()));
        }
    }

    /** Ends the session. */
    public void abort() {
        if (greeting instanceof Greeting.Newstyle newstyle && newstyle.fixed() && wire.inStep()) {
            exchange.abort();
        } else {
            wire.transport().close();
        }
    }

    /** Chooses an export; what follows is the transmission phase. */
    public Export go(String name) throws IOException {
        requireOptions();
        ExportInfo info = extendingOnDemand(() -> OptGo.run(exchange, name, extended));
        return settle(info);
    }

    /** Chooses an export by its name alone, or the only one of an oldstyle server. */
    public Export exportName(String name) throws IOException {
        return switch (greeting()) {
            case Greeting.Oldstyle oldstyle -> settle(theOnlyExport(oldstyle, name));
            case Greeting.Newstyle newstyle -> {
                if (extended) {
                    throw new IllegalStateException(
                            "EXPORT_NAME is not allowed after extended headers were negotiated; use go");
                }
                yield settle(OptExportName.run(exchange, name, newstyle.noZeroes()));
            }
        };
    }

    private ExportInfo theOnlyExport(Greeting.Oldstyle oldstyle, String name) throws IOException {
        if (!name.isEmpty()) {
            throw new NbdNegotiationException(
                    "export '%s' cannot be asked for: %s greets in OLDSTYLE, whose only export has no name"
                            .formatted(Printable.escape(name), wire.peer()),
                    0);
        }
        try {
            return InfoReplies.plain(
                    wire.peer(), name, oldstyle.size(), new TransmissionFlags(Math.toIntExact(oldstyle.flags())));
        } catch (NbdNegotiationException e) {
            exchange.disconnect(false);
            throw e;
        }
    }

    private interface Step<T> {
        T run() throws IOException;
    }

    /** Tries once more with extended headers where the server says that it takes no less. */
    private <T> T extendingOnDemand(Step<T> step) throws IOException {
        try {
            return step.run();
        } catch (NbdNegotiationException e) {
            boolean demanded = e.error() == OptionError.EXTENDED_HEADERS_REQUIRED;
            if (!demanded || !mayExtend || extendedAsked || !extendedHeaders()) {
                throw e;
            }
            return step.run();
        }
    }

    private Export settle(ExportInfo info) {
        ReplyStyle style = replyStyle();
        TransmissionFlags flags = info.flags();
        if (style == ReplyStyle.SIMPLE) {
            flags = flags.without(TransmissionFlags.SEND_DF);
        }
        if (style != ReplyStyle.EXTENDED) {
            flags = flags.without(TransmissionFlags.BLOCK_STATUS_PAYLOAD);
        }
        if (!flags.canWriteZeroes()) {
            flags = flags.without(TransmissionFlags.SEND_FAST_ZERO);
        }
        ContextSelection holding = contexts.exportName().equals(info.name()) ? contexts : ContextSelection.NONE;
        return new Export(
                info,
                flags,
                info.blockSizes().orElse(BlockSizes.UNADVERTISED),
                holding.asked(),
                style,
                handshakeStyle(),
                wire.transport().tls(),
                holding.unasked());
    }

    private ReplyStyle replyStyle() {
        if (extended) {
            return ReplyStyle.EXTENDED;
        }
        return structured ? ReplyStyle.STRUCTURED : ReplyStyle.SIMPLE;
    }
}
