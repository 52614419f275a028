// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import nbd4j.model.BlockSizes;
import nbd4j.model.Printable;
import nbd4j.model.TransmissionFlags;

/** Writes the report of {@code nbd info} as text, with the lines of nbdinfo in their order. */
final class InfoText {
    private final StringBuilder out;
    private final boolean colour;

    InfoText(StringBuilder out, boolean colour) {
        this.out = out;
        this.colour = colour;
    }

    void server(ServerFacts server) {
        String line = "protocol: %s %s TLS, using %s packets\n"
                .formatted(server.protocol(), server.tls() ? "with" : "without", server.packets());
        out.append(line);
    }

    void export(ExportFacts export) {
        out.append(Ansi.BRIGHT_MAGENTA.paint(identity(export), colour));
        export.uri().ifPresent(uri -> out.append("\turi: ").append(uri).append('\n'));
        contexts(export);
        TransmissionFlags flags = export.flags();
        out.append(line("is_rotational", flags.rotational()));
        out.append(line("is_read_only", flags.readOnly()));
        flag("can_block_status_payload", flags.canBlockStatusPayload());
        flag("can_cache", flags.canCache());
        flag("can_df", flags.canDf());
        flag("can_fast_zero", flags.canFastZero());
        flag("can_flush", flags.canFlush());
        flag("can_fua", flags.canFua());
        flag("can_multi_conn", flags.canMultiConn());
        flag("can_trim", flags.canTrim());
        flag("can_zero", flags.canWriteZeroes());
        export.blockSizes().ifPresent(this::blockSizes);
    }

    private static String identity(ExportFacts export) {
        var text = new StringBuilder("export=")
                .append(JsonText.quote(export.name()))
                .append(":\n");
        if (!export.description().isEmpty()) {
            text.append("\tdescription: ").append(export.description()).append('\n');
        }
        text.append("\texport-size: ").append(Fact.size(export.size())).append('\n');
        export.content()
                .ifPresent(content -> text.append("\tcontent: ").append(content).append('\n'));
        return text.toString();
    }

    private void contexts(ExportFacts export) {
        export.contexts().ifPresent(names -> {
            out.append("\tcontexts:\n");
            names.forEach(
                    name -> out.append("\t\t").append(Printable.escapeAll(name)).append('\n'));
        });
    }

    private void flag(String name, boolean set) {
        out.append((set ? Ansi.GREEN : Ansi.RED).paint(line(name, set), colour));
    }

    private static String line(String name, boolean set) {
        return "\t" + name + ": " + set + "\n";
    }

    private void blockSizes(BlockSizes sizes) {
        out.append("\tblock_size_minimum: ").append(Fact.size(sizes.minimum())).append('\n');
        out.append("\tblock_size_preferred: ")
                .append(Fact.size(sizes.preferred()))
                .append('\n');
        out.append("\tblock_size_maximum: ")
                .append(Fact.size(sizes.maximumPayload()))
                .append('\n');
    }
}
