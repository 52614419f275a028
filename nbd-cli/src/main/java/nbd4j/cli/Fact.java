// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.ArrayList;
import java.util.List;
import nbd4j.model.BlockSizes;
import nbd4j.model.Printable;
import nbd4j.model.TransmissionFlags;

/**
 * One thing that is known of an export, under the name that the report of one export has for it.
 *
 * @param name what it is
 * @param text for people, harmless on a terminal; {@code -} if nothing is known
 * @param json the same as JSON
 */
record Fact(String name, String text, String json) {
    private static final String NOTHING = "-";

    /** Returns all facts of an export: always the same ones, in the same order. */
    static List<Fact> of(ExportReport.Gathered gathered) {
        ServerFacts server = gathered.server();
        ExportFacts export = gathered.export();
        TransmissionFlags flags = export.flags();
        var facts = new ArrayList<Fact>();
        facts.add(words("protocol", server.protocol()));
        facts.add(flag("TLS", server.tls()));
        facts.add(words("packets", server.packets()));
        facts.add(new Fact("export-name", JsonText.quote(export.name()), JsonText.quote(export.name())));
        facts.add(words("description", export.description(), JsonText.quoteEscaped(export.description())));
        facts.add(new Fact("export-size", size(export.size()), Long.toString(export.size())));
        facts.add(words("content", export.content().orElse("")));
        String contexts = String.join(", ", export.contexts().orElse(List.of()));
        facts.add(words("contexts", Printable.escapeAll(contexts), JsonText.quote(contexts)));
        facts.add(flag("is_rotational", flags.rotational()));
        facts.add(flag("is_read_only", flags.readOnly()));
        facts.add(flag("can_block_status_payload", flags.canBlockStatusPayload()));
        facts.add(flag("can_cache", flags.canCache()));
        facts.add(flag("can_df", flags.canDf()));
        facts.add(flag("can_fast_zero", flags.canFastZero()));
        facts.add(flag("can_flush", flags.canFlush()));
        facts.add(flag("can_fua", flags.canFua()));
        facts.add(flag("can_multi_conn", flags.canMultiConn()));
        facts.add(flag("can_trim", flags.canTrim()));
        facts.add(flag("can_zero", flags.canWriteZeroes()));
        facts.add(block("block_size_minimum", export.blockSizes().map(sizes -> (long) sizes.minimum())));
        facts.add(block("block_size_preferred", export.blockSizes().map(BlockSizes::preferred)));
        facts.add(block("block_size_maximum", export.blockSizes().map(BlockSizes::maximumPayload)));
        return facts;
    }

    /** Returns a size in bytes, and in a larger unit where one divides it. */
    static String size(long bytes) {
        String human = HumanSize.exact(bytes);
        return human.equals(Long.toString(bytes)) ? human : bytes + " (" + human + ")";
    }

    private static Fact words(String name, String words) {
        return words(name, words, JsonText.quote(words));
    }

    private static Fact words(String name, String text, String json) {
        return text.isEmpty() ? new Fact(name, NOTHING, "null") : new Fact(name, text, json);
    }

    private static Fact flag(String name, boolean set) {
        return new Fact(name, Boolean.toString(set), Boolean.toString(set));
    }

    private static Fact block(String name, java.util.Optional<Long> bytes) {
        return bytes.isEmpty()
                ? new Fact(name, NOTHING, "null")
                : new Fact(name, Long.toString(bytes.get()), Long.toString(bytes.get()));
    }
}
