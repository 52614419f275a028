// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The data of the options that ask about one export.
 *
 * <pre>
 * INFO, GO:  u32 name length, name, u16 count, count times u16 information type
 * META:      u32 name length, name, u32 count, count times (u32 length, query)
 * </pre>
 *
 * <p>Source: proto.md, "Option types".
 *
 * @param name the export
 * @param types information types asked for; empty for META
 * @param queries contexts asked for; empty for INFO and GO
 */
record ExportQuery(String name, List<Integer> types, List<String> queries) {
    /** Reads the data of INFO or GO; null if its lengths do not fit. */
    static @Nullable ExportQuery readInfo(ByteBuffer data) {
        var name = readString(data);
        if (name == null || data.remaining() < 2) {
            return null;
        }
        int count = Short.toUnsignedInt(data.getShort());
        if (data.remaining() != count * 2) {
            return null;
        }
        var types = new ArrayList<Integer>(count);
        for (int i = 0; i < count; i++) {
            types.add(Short.toUnsignedInt(data.getShort()));
        }
        return new ExportQuery(name, types, List.of());
    }

    /** Reads the data of LIST_META_CONTEXT or SET_META_CONTEXT; null if its lengths do not fit. */
    static @Nullable ExportQuery readContexts(ByteBuffer data) {
        var name = readString(data);
        if (name == null || data.remaining() < 4) {
            return null;
        }
        int count = data.getInt();
        if (count < 0 || count > data.remaining() / 4) {
            return null;
        }
        var queries = new ArrayList<String>(count);
        for (int i = 0; i < count; i++) {
            var query = readString(data);
            if (query == null) {
                return null;
            }
            queries.add(query);
        }
        return data.hasRemaining() ? null : new ExportQuery(name, List.of(), queries);
    }

    private static @Nullable String readString(ByteBuffer data) {
        if (data.remaining() < 4) {
            return null;
        }
        int length = data.getInt();
        return length < 0 || length > data.remaining() ? null : Texts.take(data, length);
    }

    boolean wants(int type) {
        return types.contains(type);
    }

    /** Returns the contexts with exactly the names asked for, as SET does. */
    List<Context> exactly(ExportOptions export) {
        return export.allContexts().stream()
                .filter(context -> queries.contains(context.name()))
                .toList();
    }

    /** Returns the contexts that a query names or starts, and all for no query, as LIST does. */
    List<Context> matching(ExportOptions export) {
        return export.allContexts().stream()
                .filter(context -> queries.isEmpty() || queries.stream().anyMatch(query -> matches(query, context)))
                .toList();
    }

    private static boolean matches(String query, Context context) {
        return context.name().equals(query)
                || (query.endsWith(":") && context.name().startsWith(query));
    }
}
