// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What nbdinfo can be asked. */
final class Questions {
    /** The ways to ask for a report. */
    private static final List<String> REPORTS = List.of(
            "",
            "--no-content",
            "--json",
            "--json --no-content",
            "--size",
            "--size --json",
            "--list",
            "-L --json",
            "--list --content");

    /** In the colours of nbdinfo 1.22; 1.14 had others. */
    static final List<String> COLOURED_REPORTS = List.of("--content --color", "--list --no-content --colour");

    /** What shows everything once, for servers that differ in little. */
    static final List<String> BRIEF =
            List.of("", "--json", "-L --json", "--size", "--map", "--map --json", "--map --totals --json");

    private static final List<String> MAPS = List.of(
            "--map",
            "--map --json",
            "--map --totals",
            "--map=base:allocation --total --json",
            "--map --colors",
            "--map --totals --color",
            "--map=foo:bar");

    private static final List<String> QEMU_MAPS = List.of(
            "--map=qemu:allocation-depth",
            "--map=qemu:allocation-depth --json",
            "--map=qemu:allocation-depth --totals --color",
            "--map=qemu:dirty-bitmap:b0",
            "--map=qemu:dirty-bitmap:b0 --totals --json",
            "--map=qemu:dirty-bitmap:b0 --color",
            "--map=qemu:dirty-bitmap:b1 --totals",
            "--map=qemu:dirty-bitmap:b1 --json");

    private static final List<String> FEATURES = List.of(
            "connect",
            "read",
            "write",
            "cache",
            "df",
            "fast-zero",
            "flush",
            "fua",
            "multi-conn",
            "trim",
            "zero",
            "structured-reply",
            "read-only",
            "rotational",
            "tls");

    /** Every spelling of nbdinfo 1.14. */
    static final List<String> SPELLINGS = List.of(
            "--can CONNECT",
            "--is Read",
            "--can sr",
            "--can structured",
            "--can 'structured reply'",
            "--can structured_reply",
            "--can 'structured replies'",
            "--can structured-replies",
            "--can Structured_Replies",
            "--is readonly",
            "--is read_only",
            "--can read-only",
            "--can fastzero",
            "--can fast_zero",
            "--can multiconn",
            "--can multi_conn",
            "--is tls --can trim",
            "--can nonsense",
            "--is nonsense",
            "--can=flush");

    /** What nbdinfo 1.22 knows beyond that. */
    static final List<String> NEW_SPELLINGS = Stream.of(
                    List.of(
                            "--uri",
                            "--ur",
                            "--has eh",
                            "--can 'extended header'",
                            "--can extended-header",
                            "--can extended_headers",
                            "--can extended-headers",
                            "--can block-status-payload",
                            "--can block_status_payload",
                            "--has df",
                            "--have df"),
                    List.of("cannot", "can-not", "cant", "hasnot", "has-not", "hasnt", "havent", "havenot", "have-not")
                            .stream()
                            .flatMap(each -> Stream.of("--" + each + " flush", "--" + each + " nonsense"))
                            .toList(),
                    List.of("isnot", "is-not", "isnt").stream()
                            .flatMap(each -> Stream.of("--" + each + " read-only", "--" + each + " tls"))
                            .toList())
            .flatMap(List::stream)
            .toList();

    private Questions() {}

    /** Returns those that every server is asked. */
    static List<String> all() {
        var all = new ArrayList<String>();
        all.addAll(REPORTS);
        all.addAll(MAPS);
        FEATURES.forEach(each -> all.add((each.startsWith("r") ? "--is " : "--can ") + each));
        return all;
    }

    /** Returns those and the ones about qemu's contexts. */
    static List<String> qemu() {
        var all = new ArrayList<>(all());
        all.addAll(QEMU_MAPS);
        return all;
    }
}
