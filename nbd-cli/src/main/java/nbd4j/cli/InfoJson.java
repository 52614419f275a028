// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.List;
import nbd4j.model.BlockSizes;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;

/** Writes the report of {@code nbd info} as JSON, with the members and the layout of nbdinfo. */
final class InfoJson {
    private final StringBuilder out;

    InfoJson(StringBuilder out) {
        this.out = out;
    }

    void report(ServerFacts server, List<ExportFacts> exports) {
        out.append("{\n\"protocol\": ")
                .append(JsonText.quote(server.protocol()))
                .append(",\n");
        out.append("\"TLS\": ").append(server.tls()).append(",\n");
        out.append("\"structured\": ")
                .append(server.replies() != ReplyStyle.SIMPLE)
                .append(",\n");
        out.append("\"extended\": ")
                .append(server.replies() == ReplyStyle.EXTENDED)
                .append(",\n");
        if (exports.isEmpty()) {
            out.append("\"exports\": []\n}\n");
            return;
        }
        out.append("\"exports\": [\n");
        for (int i = 0; i < exports.size(); i++) {
            out.append("\t{\n");
            export(exports.get(i));
            out.append(i == exports.size() - 1 ? "\t} ]\n" : "\t},\n");
        }
        out.append("}\n");
    }

    private void export(ExportFacts export) {
        text("export-name", export.name());
        if (!export.description().isEmpty()) {
            member("description", JsonText.quoteEscaped(export.description()));
        }
        export.content().ifPresent(content -> text("content", content));
        export.uri().ifPresent(uri -> text("uri", uri));
        export.contexts().ifPresent(this::contexts);
        TransmissionFlags flags = export.flags();
        flag("is_rotational", flags.rotational());
        flag("is_read_only", flags.readOnly());
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
        out.append("\t\"export-size\": ").append(export.size()).append(",\n");
        out.append("\t\"export-size-str\": \"")
                .append(HumanSize.exact(export.size()))
                .append("\"\n");
    }

    private void text(String name, String value) {
        member(name, JsonText.quote(value));
    }

    private void flag(String name, boolean value) {
        member(name, Boolean.toString(value));
    }

    private void member(String name, String json) {
        out.append("\t\"").append(name).append("\": ").append(json).append(",\n");
    }

    private void contexts(List<String> names) {
        out.append("\t\"contexts\": [\n");
        for (int i = 0; i < names.size(); i++) {
            out.append("\t\t").append(JsonText.quote(names.get(i)));
            out.append(i == names.size() - 1 ? "\n" : ",\n");
        }
        out.append("\t],\n");
    }

    private void blockSizes(BlockSizes sizes) {
        out.append("\t\"block_size_minimum\": ").append(sizes.minimum()).append(",\n");
        out.append("\t\"block_size_preferred\": ").append(sizes.preferred()).append(",\n");
        out.append("\t\"block_size_maximum\": ").append(sizes.maximumPayload()).append(",\n");
    }
}
