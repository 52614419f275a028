// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.OptionError;
import nbd4j.model.Printable;
import nbd4j.wire.InfoReply;
import nbd4j.wire.Option;
import nbd4j.wire.OptionReplyHeader;
import nbd4j.wire.Unsigned;
import nbd4j.wire.WireText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one option and reads its replies up to the final one. Everything that all options share is here: framing,
 * legal types, bounds before allocation, and what each kind of refusal does to the session.
 *
 * <p>For one thread at a time.
 *
 * <p>Source: proto.md, "Fixed newstyle negotiation", "Option reply types", "Termination of the session during option
 * haggling".
 */
final class OptionExchange {
    /** Longest data of a reply. Two strings of 4096 bytes is the most that a legal reply needs. */
    static final int MOST_DATA = 64 * 1024;

    /** Longest INFO of an unknown type; it is skipped, not stored. */
    static final int MOST_SKIPPED = 1024 * 1024;

    /** Most data of all replies to one option; a list of 10 000 exports with long descriptions. */
    static final long MOST_TOTAL = 8L * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(OptionExchange.class);

    private final HandshakeWire wire;
    private final Duration abortLimit;

    OptionExchange(HandshakeWire wire, Duration abortLimit) {
        this.wire = wire;
        this.abortLimit = abortLimit;
    }

    HandshakeWire wire() {
        return wire;
    }

    /** Takes the data of each reply before the final one. */
    interface Replies {
        /** Takes the data of one reply; the buffer is not kept. */
        void take(ByteBuffer data) throws NbdProtocolException;
    }

    /** Sends an option without data, to which no reply but the final one is legal. */
    void run(Option option) throws IOException {
        run(option, "", new byte[0], data -> {});
    }

    /**
     * Sends an option and returns when the server has acknowledged it.
     *
     * @param subject what the option is about, for messages: {@code for export 'disk'}, or nothing
     * @throws NbdNegotiationException if the server refused; the session is still in step, unless the refusal ends it
     * @throws NbdProtocolException if the server broke the rules; the caller must close without a word
     */
    void run(Option option, String subject, byte[] data, Replies replies) throws IOException {
        LOG.debug("{}: sending {}{}", wire.peer(), option, subject);
        wire.enter("the reply to " + option);
        wire.inStep(false);
        wire.write(option.encode(data));
        try {
            readReplies(option, subject, replies);
        } catch (NbdProtocolException e) {
            throw new NbdProtocolException(
                    "%s broke the protocol in its reply to %s%s: %s"
                            .formatted(wire.peer(), option, subject, e.getMessage()),
                    e);
        }
    }

    private void readReplies(Option option, String subject, Replies replies) throws IOException {
        int count = 0;
        long total = 0;
        while (true) {
            OptionReplyHeader header = OptionReplyHeader.readFrom(wire.read(OptionReplyHeader.BYTES));
            checkHeader(option, header);
            if (header.isError()) {
                refuse(option, subject, header);
            }
            if (header.type() == OptionReplyHeader.ACK) {
                wire.inStep(true);
                LOG.debug("{}: {} acknowledged", wire.peer(), option);
                return;
            }
            total += header.length();
            if (++count > option.mostReplies() || (option == Option.LIST && total > MOST_TOTAL)) {
                throw new NbdProtocolException("%d replies with %d bytes and no end, at most %d with %d are accepted"
                        .formatted(count, total, option.mostReplies(), MOST_TOTAL));
            }
            replies.take(readData(header));
        }
    }

    private static void checkHeader(Option option, OptionReplyHeader header) throws NbdProtocolException {
        if (header.magic() != OptionReplyHeader.MAGIC) {
            throw new NbdProtocolException(
                    "reply magic 0x%016x, expected 0x%016x".formatted(header.magic(), OptionReplyHeader.MAGIC));
        }
        if (header.option() != option.number()) {
            throw new NbdProtocolException(
                    "reply to option %d, expected %d".formatted(header.option(), option.number()));
        }
        if (header.isError()) {
            requireLength("error text", header.length(), WireText.MAXIMUM_BYTES);
        } else if (header.type() == OptionReplyHeader.ACK) {
            requireLength("acknowledgement", header.length(), 0);
        } else if (header.type() != option.replyType()) {
            throw new NbdProtocolException(
                    "reply of type 0x%08x, which is not legal for this option".formatted(header.type()));
        }
    }

    private static void requireLength(String what, long length, long most) throws NbdProtocolException {
        if (length > most) {
            throw new NbdProtocolException("%s of %d bytes, at most %d are allowed".formatted(what, length, most));
        }
    }

    private ByteBuffer readData(OptionReplyHeader header) throws IOException {
        if (header.length() <= MOST_DATA) {
            return wire.read(Math.toIntExact(header.length()));
        }
        boolean info = header.type() == OptionReplyHeader.INFO;
        requireLength("reply", header.length(), info ? MOST_SKIPPED : MOST_DATA);
        ByteBuffer type = wire.read(InfoReply.TYPE_BYTES);
        if (InfoReply.isKnown(Unsigned.u16(type))) {
            requireLength("reply", header.length(), MOST_DATA);
        }
        wire.skip(header.length() - InfoReply.TYPE_BYTES);
        return type.rewind();
    }

    private void refuse(Option option, String subject, OptionReplyHeader header) throws IOException {
        byte[] text = new byte[Math.toIntExact(header.length())];
        wire.read(text.length).get(text);
        wire.inStep(true);
        OptionError error = OptionError.of(header.type());
        boolean tls = wire.transport().tls();
        var refusal = new NbdNegotiationException(
                "%s refused %s%s: %s (0x%08x)%s%s"
                        .formatted(
                                wire.peer(),
                                option,
                                subject,
                                error,
                                header.type(),
                                text.length == 0 ? "" : ", " + Printable.escape(text),
                                hint(option, error, tls)),
                header.type());
        LOG.debug("{}", refusal.getMessage());
        // A server that shuts down wants to be left, and one that asks for TLS inside TLS would ask for ever.
        if (error == OptionError.SHUTDOWN || (error == OptionError.TLS_REQUIRED && tls)) {
            throw leave(refusal);
        }
        throw refusal;
    }

    private static String hint(Option option, OptionError error, boolean tls) {
        return switch (error) {
            case TLS_REQUIRED -> {
                if (tls) {
                    yield "; TLS is in use already";
                }
                yield option == Option.GO || option == Option.INFO
                        ? "; the export needs TLS or does not exist: use nbds:// or nbds+unix://"
                        : "; the server requires TLS: use nbds:// or nbds+unix://";
            }
            case UNKNOWN -> "; export not found";
            case EXTENDED_HEADERS_REQUIRED -> "; extended headers must be negotiated first";
            default -> "";
        };
    }

    /** Ends the session in an orderly way for a reason that is not a breach, and returns the reason. */
    NbdNegotiationException leave(NbdNegotiationException reason) {
        abort();
        return reason;
    }

    /** Sends ABORT, the last option, and closes. */
    void abort() {
        LOG.debug("{}: sending ABORT", wire.peer());
        wire.linger(Option.ABORT.encode(new byte[0]), abortLimit);
    }

    /** Sends DISC, since the transmission phase has begun, and closes. */
    void disconnect(boolean extended) {
        LOG.debug("{}: sending DISC", wire.peer());
        wire.linger(Farewell.disc(extended), abortLimit);
    }
}
