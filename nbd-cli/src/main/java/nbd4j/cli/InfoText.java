// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.List;
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
        out.append(Ansi.GREY.paint(line, colour));
    }

    void export(ExportFacts export) {
        out.append(Ansi.BOLD_BLACK.paint(identity(export), colour));
        out.append(Ansi.GREY.paint(
                contexts(export) + line("is_rotational", export.flags().rotational()), colour));
        TransmissionFlags flags = export.flags();
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
        text.append("\texport-size: ").append(export.size());
        String human = HumanSize.exact(export.size());
        if (!human.equals(Long.toString(export.size()))) {
            text.append(" (").append(human).append(')');
        }
        text.append('\n');
        export.content()
                .ifPresent(content -> text.append("\tcontent: ").append(content).append('\n'));
        export.uri().ifPresent(uri -> text.append("\turi: ").append(uri).append('\n'));
        return text.toString();
    }

    private static String contexts(ExportFacts export) {
        if (export.contexts().isEmpty()) {
            return "";
        }
        List<String> names = export.contexts().get();
        var text = new StringBuilder("\tcontexts:\n");
        names.forEach(
                name -> text.append("\t\t").append(Printable.escapeAll(name)).append('\n'));
        return text.toString();
    }

    private void flag(String name, boolean set) {
        out.append((set ? Ansi.GREEN : Ansi.RED).paint(line(name, set), colour));
    }

    private static String line(String name, boolean set) {
        return "\t" + name + ": " + set + "\n";
    }

    private void blockSizes(BlockSizes sizes) {
        out.append("\tblock_size_minimum: ").append(sizes.minimum()).append('\n');
        out.append("\tblock_size_preferred: ").append(sizes.preferred()).append('\n');
        out.append("\tblock_size_maximum: ").append(sizes.maximumPayload()).append('\n');
    }
}
