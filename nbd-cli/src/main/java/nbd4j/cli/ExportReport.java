// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import nbd4j.client.NbdConnection;
import nbd4j.client.NbdNegotiation;
import nbd4j.model.ExportInfo;
import nbd4j.model.ExportListing;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.OptionError;
import nbd4j.model.Printable;
import nbd4j.model.ReplyStyle;

/** Gathers the report of one export or of all, and prints it once it is complete. */
final class ExportReport {
    private final Console console;
    private final InfoOptions options;
    private final Door door;

    ExportReport(Console console, InfoOptions options, Door door) {
        this.console = console;
        this.options = options;
        this.door = door;
    }

    /** Reports on the export that was asked for. */
    int one() throws IOException {
        Gathered gathered = gather(door, options.content());
        print(gathered.server(), List.of(gathered.export()));
        return ExitCode.DONE;
    }

    /**
     * A server and one of its exports.
     *
     * @param server how it was reached
     * @param export what it offers
     */
    record Gathered(ServerFacts server, ExportFacts export) {}

    /** Asks a server for the export that a door leads to. */
    static Gathered gather(Door door, boolean content) throws IOException {
        try (NbdNegotiation negotiation = door.negotiate()) {
            ServerFacts server = negotiated(negotiation);
            return new Gathered(server, facts(door, negotiation, server, door.exportName(), "", content));
        } catch (NbdNegotiationException e) {
            throw new FailureException(
                    ExitCode.FAILED, e.getMessage() + "; to list all exports on the server, use --list", e);
        }
    }

    /** Reports on every export of the server. Those that fail are left out, and make the report fail. */
    int all() throws IOException {
        var known = new LinkedHashMap<ExportListing, Optional<ExportFacts>>();
        ServerFacts server;
        try (NbdNegotiation negotiation = door.negotiate()) {
            server = negotiated(negotiation);
            for (ExportListing listing : negotiation.list()) {
                known.put(listing, options.content() ? Optional.empty() : listed(negotiation, server, listing));
            }
        }
        // Entering an export ends the negotiation, so the rest need one each, and servers that serve one client after
        // the other want the last one closed before.
        var exports = new ArrayList<ExportFacts>();
        for (var each : known.entrySet()) {
            ExportListing listing = each.getKey();
            try {
                exports.add(each.getValue().isPresent() ? each.getValue().get() : entered(listing));
            } catch (NbdNegotiationException e) {
                console.message("%s for export: %s".formatted(e.getMessage(), Printable.escape(listing.name())));
            }
        }
        print(server, exports);
        return exports.size() == known.size() ? ExitCode.DONE : ExitCode.FAILED;
    }

    /** Returns what INFO tells of an export; nothing where that is not enough, or refused. */
    private Optional<ExportFacts> listed(NbdNegotiation negotiation, ServerFacts server, ExportListing listing)
            throws IOException {
        try {
            Optional<ExportInfo> info = info(negotiation, listing.name());
            if (info.isEmpty() || doubtful(info.get())) {
                return Optional.empty();
            }
            var contexts = contexts(negotiation, server, listing.name());
            return Optional.of(
                    facts(door, listing.name(), listing.description(), info.get(), contexts, Optional.empty()));
        } catch (NbdNegotiationException e) {
            return Optional.empty(); // Asked once more, to say why.
        }
    }

    private ExportFacts entered(ExportListing listing) throws IOException {
        try (NbdNegotiation own = door.negotiate()) {
            return facts(door, own, negotiated(own), listing.name(), listing.description(), options.content());
        }
    }

    private static ServerFacts negotiated(NbdNegotiation negotiation) throws IOException {
        ReplyStyle replies = ReplyStyle.SIMPLE;
        if (negotiation.handshakeStyle() == HandshakeStyle.FIXED_NEWSTYLE) {
            if (negotiation.extendedHeaders()) {
                replies = ReplyStyle.EXTENDED;
            } else if (negotiation.structuredReplies()) {
                replies = ReplyStyle.STRUCTURED;
            }
        }
        return new ServerFacts(negotiation.handshakeStyle(), negotiation.tls(), replies);
    }

    private static ExportFacts facts(
            Door door, NbdNegotiation negotiation, ServerFacts server, String name, String description, boolean content)
            throws IOException {
        Optional<ExportInfo> info = info(negotiation, name);
        Optional<List<String>> contexts = contexts(negotiation, server, name);
        if (!content && info.isPresent() && !doubtful(info.get())) {
            return facts(door, name, description, info.get(), contexts, Optional.empty());
        }
        try (NbdConnection connection = enter(negotiation, name)) {
            Optional<String> kind = content ? Content.of(connection) : Optional.empty();
            return facts(door, name, description, entered(connection, info), contexts, kind);
        }
    }

    /** nbd-server 3.24 answers 0 bytes to INFO and the truth to GO. */
    private static boolean doubtful(ExportInfo info) {
        return info.size() == 0;
    }

    /** Returns what INFO told; where that is in doubt, what is known after GO and what INFO alone told. */
    private static ExportInfo entered(NbdConnection connection, Optional<ExportInfo> asked) {
        // qemu-nbd says what it can do with contexts to INFO, but to GO only where contexts were chosen.
        if (asked.isPresent() && !doubtful(asked.get())) {
            return asked.get();
        }
        ExportInfo now = connection.export().info();
        return new ExportInfo(
                now.name(),
                now.size(),
                now.flags(),
                now.blockSizes().or(() -> asked.flatMap(ExportInfo::blockSizes)),
                now.canonicalName().or(() -> asked.flatMap(ExportInfo::canonicalName)),
                now.description().or(() -> asked.flatMap(ExportInfo::description)));
    }

    private static ExportFacts facts(
            Door door,
            String name,
            String description,
            ExportInfo info,
            Optional<List<String>> contexts,
            Optional<String> content) {
        return new ExportFacts(
                info.canonicalName().orElse(name),
                description.isEmpty() ? info.description().orElse("") : description,
                info.size(),
                info.flags(),
                info.blockSizes(),
                contexts,
                content,
                door.uri(name));
    }

    /** Returns what the server tells without entering the export; nothing from one that cannot. */
    private static Optional<ExportInfo> info(NbdNegotiation negotiation, String name) throws IOException {
        if (negotiation.handshakeStyle() != HandshakeStyle.FIXED_NEWSTYLE) {
            return Optional.empty();
        }
        try {
            return Optional.of(negotiation.info(name));
        } catch (NbdNegotiationException e) {
            if (e.error() == OptionError.UNSUPPORTED) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static NbdConnection enter(NbdNegotiation negotiation, String name) throws IOException {
        if (negotiation.handshakeStyle() == HandshakeStyle.FIXED_NEWSTYLE) {
            try {
                return negotiation.go(name);
            } catch (NbdNegotiationException e) {
                if (e.error() != OptionError.UNSUPPORTED) {
                    throw e;
                }
            }
        }
        return negotiation.exportName(name);
    }

    private static Optional<List<String>> contexts(NbdNegotiation negotiation, ServerFacts server, String name)
            throws IOException {
        if (server.replies() == ReplyStyle.SIMPLE) {
            return Optional.empty();
        }
        try {
            return Optional.of(negotiation.listMetaContexts(name, List.of()));
        } catch (NbdNegotiationException e) {
            return Optional.empty();
        }
    }

    private void print(ServerFacts server, List<ExportFacts> exports) throws IOException {
        var out = new StringBuilder();
        if (options.json()) {
            new InfoJson(out).report(server, exports);
        } else {
            var text = new InfoText(out, options.colour());
            text.server(server);
            exports.forEach(text::export);
        }
        console.print(out.toString());
    }
}
