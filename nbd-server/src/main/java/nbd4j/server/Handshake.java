// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import nbd4j.server.net.Input;
import nbd4j.server.net.TlsWire;
import nbd4j.server.net.Wire;
import org.jspecify.annotations.Nullable;

/**
 * The server's half of the handshake, from the greeting to the chosen export. Runs on the connection's thread.
 *
 * <p>Source: proto.md, "Protocol phases", "Option types".
 */
final class Handshake {
    /** Longest data of one option: 16 strings of the greatest length, or thousands of usual ones. */
    private static final int LONGEST_OPTION = 64 << 10;

    private static final int PADDING = 124;

    private final ServerOptions options;
    private final Map<String, Export> exports;
    private Wire wire;
    private Input input;
    private OptionReplies replies;
    private boolean tls;
    private boolean padding = true;
    private ReplyStyle style = ReplyStyle.SIMPLE;
    private @Nullable String contextsOf;
    private List<Context> contexts = List.of();

    Handshake(ServerOptions options, Map<String, Export> exports, Wire wire) {
        this.options = options;
        this.exports = exports;
        this.wire = wire;
        input = new Input(wire);
        replies = new OptionReplies(wire);
    }

    /** Returns the session, or null if the client left in order. */
    @Nullable
    Session run() throws IOException {
        if (!can(Capability.NEWSTYLE)) {
            return oldstyle();
        }
        int offered = (can(Capability.FIXED_NEWSTYLE) ? Numbers.FIXED_NEWSTYLE : 0)
                | (can(Capability.NO_ZEROES) ? Numbers.NO_ZEROES : 0);
        send(ByteBuffer.allocate(18)
                .putLong(Numbers.NBDMAGIC)
                .putLong(Numbers.IHAVEOPT)
                .putShort((short) offered));
        if (!input.await(4)) {
            return null;
        }
        int flags = input.buffer().getInt();
        if ((flags & ~offered) != 0) {
            throw new IOException("client flags 0x" + Integer.toHexString(flags) + ", offered were 0x"
                    + Integer.toHexString(offered));
        }
        padding = (flags & Numbers.NO_ZEROES) == 0;
        while (input.await(16)) {
            var header = input.buffer();
            long magic = header.getLong();
            if (magic != Numbers.IHAVEOPT) {
                throw new IOException("option magic 0x" + Long.toHexString(magic) + ", expected IHAVEOPT");
            }
            int option = header.getInt();
            int length = header.getInt();
            if (option == Numbers.OPT_ABORT) {
                replies.acknowledge(option);
                return null;
            }
            var session = option(option, length);
            if (session != null) {
                return session;
            }
        }
        return null;
    }

    private boolean can(Capability capability) {
        return !options.disabled().contains(capability);
    }

    private void send(ByteBuffer message) throws IOException {
        wire.write(message.flip());
    }

    private Session oldstyle() throws IOException {
        var export = exports.get("");
        if (export == null || needsTls()) {
            throw new IOException("an oldstyle handshake has neither export names nor TLS");
        }
        send(ByteBuffer.allocate(152)
                .putLong(Numbers.NBDMAGIC)
                .putLong(Numbers.OLDSTYLE_MAGIC)
                .putLong(export.storage().size())
                .putInt(export.flags(style))
                .put(new byte[PADDING]));
        return new Session(wire, input, export, style, List.of());
    }

    private boolean needsTls() {
        var policy = options.tls();
        return policy != null && policy.required() && !tls;
    }

    /** Answers one option and returns the session if it ends the handshake. */
    private @Nullable Session option(int option, int length) throws IOException {
        if (length < 0 || length > LONGEST_OPTION) {
            throw new IOException("option " + option + " of " + Integer.toUnsignedString(length)
                    + " bytes, allowed are " + LONGEST_OPTION);
        }
        if (option == Numbers.OPT_EXPORT_NAME) {
            return exportName(length);
        }
        if (!can(Capability.FIXED_NEWSTYLE)) {
            throw new IOException("option " + option + " without fixed newstyle, allowed is EXPORT_NAME");
        }
        var data = input.need(length).slice(input.buffer().position(), length);
        input.buffer().position(input.buffer().position() + length);
        if (option == Numbers.OPT_STARTTLS) {
            startTls(data);
            return null;
        }
        if (needsTls()) {
            replies.refuse(option, Numbers.REP_ERR_TLS_REQD, "use STARTTLS first");
            return null;
        }
        switch (option) {
            case Numbers.OPT_LIST -> list(data);
            case Numbers.OPT_INFO, Numbers.OPT_GO -> {
                return can(Capability.GO) ? info(option, data) : unsupported(option);
            }
            case Numbers.OPT_STRUCTURED_REPLY -> structuredReply(data);
            case Numbers.OPT_EXTENDED_HEADERS -> extendedHeaders(data);
            case Numbers.OPT_LIST_META_CONTEXT, Numbers.OPT_SET_META_CONTEXT -> metaContext(option, data);
            default -> unsupported(option);
        }
        return null;
    }

    private @Nullable Session unsupported(int option) throws IOException {
        replies.refuse(option, Numbers.REP_ERR_UNSUP, "option " + option + " is not supported");
        return null;
    }

    private Session exportName(int length) throws IOException {
        var name = Texts.take(input.need(length), length);
        var export = name == null ? null : exports.get(name);
        if (needsTls()
                || style == ReplyStyle.EXTENDED
                || export == null
                || export.options().limitsRequired()) {
            throw new IOException("EXPORT_NAME \"" + name + "\" cannot be granted, and cannot be refused in words");
        }
        var answer = ByteBuffer.allocate(10 + PADDING)
                .putLong(export.storage().size())
                .putShort((short) export.flags(style));
        if (padding) {
            answer.put(new byte[PADDING]);
        }
        send(answer);
        return session(name, export);
    }

    /** Contexts hold for the export they were asked for, by the same name. */
    private Session session(@Nullable String name, Export export) {
        boolean same = name != null && name.equals(contextsOf);
        return new Session(wire, input, export, style, same ? contexts : List.of());
    }

    private void startTls(ByteBuffer data) throws IOException {
        var policy = options.tls();
        if (data.hasRemaining()) {
            replies.refuse(Numbers.OPT_STARTTLS, Numbers.REP_ERR_INVALID, "STARTTLS has no data");
        } else if (policy == null) {
            replies.refuse(Numbers.OPT_STARTTLS, Numbers.REP_ERR_UNSUP, "this server has no TLS");
        } else if (tls) {
            replies.refuse(Numbers.OPT_STARTTLS, Numbers.REP_ERR_INVALID, "TLS is on already");
        } else if (input.buffer().hasRemaining()) {
            throw new IOException("the client sent " + input.buffer().remaining()
                    + " bytes in the clear after STARTTLS, allowed are none before the reply");
        } else {
            replies.acknowledge(Numbers.OPT_STARTTLS);
            wire = TlsWire.accept(wire, policy.context(), policy.clientCertificates());
            input = new Input(wire);
            replies = new OptionReplies(wire);
            tls = true;
            style = ReplyStyle.SIMPLE;
            contextsOf = null;
            contexts = List.of();
        }
    }

    private void list(ByteBuffer data) throws IOException {
        if (data.hasRemaining()) {
            replies.refuse(Numbers.OPT_LIST, Numbers.REP_ERR_INVALID, "LIST has no data");
        } else if (!can(Capability.LIST)) {
            replies.refuse(Numbers.OPT_LIST, Numbers.REP_ERR_POLICY, "this server does not list its exports");
        } else {
            for (var export : options.exports()) {
                replies.server(Numbers.OPT_LIST, export.name(), export.description());
            }
            replies.acknowledge(Numbers.OPT_LIST);
        }
    }

    private @Nullable Session info(int option, ByteBuffer data) throws IOException {
        var query = ExportQuery.readInfo(data);
        if (query == null) {
            replies.refuse(option, Numbers.REP_ERR_INVALID, "the lengths in INFO or GO do not fit its data");
            return null;
        }
        var export = exports.get(query.name());
        if (export == null) {
            refuseUnknown(option, query.name());
            return null;
        }
        var about = export.options();
        if (about.limitsRequired() && !query.wants(Numbers.INFO_BLOCK_SIZE)) {
            replies.refuse(option, Numbers.REP_ERR_BLOCK_SIZE_REQD, "ask for the block sizes");
            return null;
        }
        replies.infoExport(option, export.storage().size(), export.flags(style));
        if (query.wants(Numbers.INFO_NAME)) {
            replies.infoText(option, Numbers.INFO_NAME, about.name());
        }
        if (query.wants(Numbers.INFO_DESCRIPTION) && !about.description().isEmpty()) {
            replies.infoText(option, Numbers.INFO_DESCRIPTION, about.description());
        }
        if (query.wants(Numbers.INFO_BLOCK_SIZE)) {
            replies.infoBlockSize(option, about.limits());
        }
        replies.acknowledge(option);
        return option == Numbers.OPT_INFO ? null : session(query.name(), export);
    }

    private void refuseUnknown(int option, String name) throws IOException {
        replies.refuse(option, Numbers.REP_ERR_UNKNOWN, "there is no export \"" + name + "\"");
    }

    private void structuredReply(ByteBuffer data) throws IOException {
        int option = Numbers.OPT_STRUCTURED_REPLY;
        if (!can(Capability.STRUCTURED_REPLY)) {
            unsupported(option);
        } else if (style == ReplyStyle.EXTENDED) {
            replies.refuse(option, Numbers.REP_ERR_EXT_HEADER_REQD, "extended headers are on already");
        } else if (data.hasRemaining() || style == ReplyStyle.STRUCTURED) {
            replies.refuse(option, Numbers.REP_ERR_INVALID, "STRUCTURED_REPLY has no data and comes once");
        } else {
            style = ReplyStyle.STRUCTURED;
            replies.acknowledge(option);
        }
    }

    private void extendedHeaders(ByteBuffer data) throws IOException {
        int option = Numbers.OPT_EXTENDED_HEADERS;
        if (!can(Capability.EXTENDED_HEADERS)) {
            unsupported(option);
        } else if (data.hasRemaining() || style == ReplyStyle.EXTENDED) {
            replies.refuse(option, Numbers.REP_ERR_INVALID, "EXTENDED_HEADERS has no data and comes once");
        } else {
            style = ReplyStyle.EXTENDED;
            replies.acknowledge(option);
        }
    }

    private void metaContext(int option, ByteBuffer data) throws IOException {
        boolean set = option == Numbers.OPT_SET_META_CONTEXT;
        if (!can(Capability.META_CONTEXT)) {
            unsupported(option);
            return;
        }
        if (set) {
            contextsOf = null;
            contexts = List.of();
        }
        var query = ExportQuery.readContexts(data);
        if (query == null || (set && style == ReplyStyle.SIMPLE)) {
            replies.refuse(
                    option,
                    Numbers.REP_ERR_INVALID,
                    query == null ? "the lengths do not fit the data" : "structured replies come first");
            return;
        }
        var export = exports.get(query.name());
        if (export == null) {
            refuseUnknown(option, query.name());
            return;
        }
        var found = set ? query.exactly(export.options()) : query.matching(export.options());
        for (var context : found) {
            replies.context(option, set ? context.id() : 0, context.name());
        }
        if (set) {
            contextsOf = query.name();
            contexts = found;
        }
        replies.acknowledge(option);
    }
}
