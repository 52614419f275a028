// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;
import java.util.List;
import nbd4j.model.Printable;

/**
 * The data of LIST_META_CONTEXT and SET_META_CONTEXT.
 *
 * <pre>
 * 0  u32 length   bytes of the export's name
 * 4  ... name     empty for the default export
 * .. u32 count    of the queries
 * .. u32 length   of each query, followed by its bytes: namespace, colon, leaf
 * </pre>
 *
 * <p>Source: proto.md, {@code NBD_OPT_LIST_META_CONTEXT}, "Metadata querying".
 */
public final class MetaContextRequest {
    /** Most queries of one request; as many as replies are accepted. */
    public static final int MAXIMUM_QUERIES = Option.SET_META_CONTEXT.mostReplies();

    private MetaContextRequest() {}

    /**
     * Returns the data that asks for contexts of an export.
     *
     * @throws IllegalArgumentException if the name or a query cannot be sent
     */
    public static byte[] encode(String exportName, List<String> queries) {
        if (queries.size() > MAXIMUM_QUERIES) {
            throw new IllegalArgumentException(
                    "%d context queries, at most %d are allowed".formatted(queries.size(), MAXIMUM_QUERIES));
        }
        byte[] nameBytes = WireText.encode("export name", exportName);
        List<byte[]> queryBytes =
                queries.stream().map(MetaContextRequest::query).toList();
        int queryTotal = queryBytes.stream()
                .mapToInt(query -> Integer.BYTES + query.length)
                .sum();
        var out = ByteBuffer.allocate(Integer.BYTES + nameBytes.length + Integer.BYTES + queryTotal);
        out.putInt(nameBytes.length).put(nameBytes);
        out.putInt(queryBytes.size());
        queryBytes.forEach(query -> out.putInt(query.length).put(query));
        return out.array();
    }

    private static byte[] query(String query) {
        int colon = query.indexOf(':');
        if (colon <= 0 || !query.substring(0, colon).codePoints().allMatch(MetaContextRequest::isNamespaceCharacter)) {
            throw new IllegalArgumentException(
                    "context query '%s' is not a namespace of printable characters without spaces, a colon and a leaf"
                            .formatted(Printable.escape(query)));
        }
        return WireText.encode("context query", query);
    }

    private static boolean isNamespaceCharacter(int character) {
        String text = Character.toString(character);
        return character == '\\'
                || (!Character.isSpaceChar(character)
                        && Printable.escapeAll(text).equals(text));
    }
}
