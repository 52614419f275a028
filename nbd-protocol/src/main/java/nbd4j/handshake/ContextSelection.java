// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import nbd4j.model.MetaContext;

/**
 * The metadata contexts that the last SET_META_CONTEXT chose, and for which export.
 *
 * @param exportName the export they hold for, and no other
 * @param asked those that the client asked for, in the server's order
 * @param unasked those that the server added by itself; they will come up in its replies
 */
public record ContextSelection(String exportName, List<MetaContext> asked, List<MetaContext> unasked) {
    /** No contexts. */
    static final ContextSelection NONE = new ContextSelection("", List.of(), List.of());

    /** Sorts the server's answer into what was asked for and what was not. */
    static ContextSelection of(String exportName, List<String> queries, List<MetaContext> contexts) {
        Map<Boolean, List<MetaContext>> byAsked = contexts.stream()
                .collect(Collectors.partitioningBy(
                        context -> queries.stream().anyMatch(query -> asks(query, context.name()))));
        return new ContextSelection(exportName, List.copyOf(byAsked.get(true)), List.copyOf(byAsked.get(false)));
    }

    /** In namespace base a query is a name; other namespaces may have wildcards of their own making. */
    private static boolean asks(String query, String name) {
        String namespace = name.substring(0, name.indexOf(':') + 1);
        return query.equals(name) || (!namespace.equals("base:") && query.startsWith(namespace));
    }
}
