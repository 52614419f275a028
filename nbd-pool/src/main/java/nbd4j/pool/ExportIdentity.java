// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.util.HashSet;
import java.util.Set;
import nbd4j.model.BlockSizes;
import nbd4j.model.Export;
import nbd4j.model.MetaContext;
import nbd4j.model.Printable;

/**
 * Tells whether two connections lead to the same export, as far as a handshake shows it: size, transmission flags,
 * block sizes, the names of the metadata contexts, encryption. The numbers of contexts may differ, they belong to a
 * connection.
 */
final class ExportIdentity {
    private ExportIdentity() {}

    /** Returns what differs, for people; empty if nothing does. */
    static String difference(Export first, Export other) {
        var text = new StringBuilder();
        compare(text, "size", first.size(), other.size());
        if (first.flags().bits() != other.flags().bits()) {
            compare(text, "transmission flags", bits(first), bits(other));
        }
        if (!same(first.blockSizes(), other.blockSizes())) {
            compare(text, "block sizes", first.blockSizes(), other.blockSizes());
        }
        compare(text, "metadata contexts", names(first), names(other));
        compare(text, "encrypted", first.tls(), other.tls());
        return text.toString();
    }

    private static void compare(StringBuilder text, String what, Object first, Object other) {
        if (!first.equals(other)) {
            text.append(text.isEmpty() ? "" : "; ").append("%s %s instead of %s".formatted(what, other, first));
        }
    }

    /** As {@code equals}, whose first call costs a record 10 ms of every start of the command. */
    private static boolean same(BlockSizes first, BlockSizes other) {
        return first.minimum() == other.minimum()
                && first.preferred() == other.preferred()
                && first.maximumPayload() == other.maximumPayload();
    }

    private static String bits(Export export) {
        return "0x%04x".formatted(export.flags().bits());
    }

    private static Set<String> names(Export export) {
        var names = new HashSet<String>();
        for (MetaContext context : export.contexts()) {
            names.add(Printable.escape(context.name()));
        }
        return names;
    }
}
