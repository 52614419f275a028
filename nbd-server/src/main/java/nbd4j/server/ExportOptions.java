// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One export: what it is called, where its bytes are, and what clients may do with it.
 *
 * @param name at most 4096 bytes of UTF-8; empty for the default export
 * @param storage the bytes; stays the caller's to close
 * @param description text for people, may be empty
 * @param readOnly whether writes are refused with EPERM
 * @param disabled what is not offered
 * @param limits the block sizes
 * @param limitsRequired whether GO is refused for clients that do not ask for the block sizes
 * @param contexts further metadata contexts by name, beside {@code base:allocation}
 */
public record ExportOptions(
        String name,
        Storage storage,
        String description,
        boolean readOnly,
        Set<Capability> disabled,
        BlockLimits limits,
        boolean limitsRequired,
        Map<String, StatusSource> contexts) {

    /** Checks the strings and copies the collections. */
    public ExportOptions {
        checkString("export name", name);
        checkString("description", description);
        contexts.keySet().forEach(context -> {
            checkString("context name", context);
            if (context.indexOf(':') < 1) {
                throw new IllegalArgumentException("context \"" + context + "\" has no namespace, such as \"x:\"");
            }
        });
        disabled = Collections.unmodifiableSet(
                disabled.isEmpty() ? EnumSet.noneOf(Capability.class) : EnumSet.copyOf(disabled));
        contexts = Collections.unmodifiableMap(new LinkedHashMap<>(contexts));
    }

    private static void checkString(String what, String value) {
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > Numbers.MAXIMUM_STRING) {
            throw new IllegalArgumentException(what + " of " + bytes + " bytes, allowed are 4096");
        }
        if (value.indexOf(0) >= 0) {
            throw new IllegalArgumentException(what + " contains a zero byte");
        }
    }

    /**
     * Describes an export with every capability, read-only if its storage is.
     *
     * @param name what clients ask for; empty for the default export
     * @param storage the bytes; stays the caller's to close
     * @return the export
     */
    public static ExportOptions of(String name, Storage storage) {
        return new ExportOptions(name, storage, "", storage.readOnly(), Set.of(), BlockLimits.DEFAULT, false, Map.of());
    }

    /**
     * Adds text for people.
     *
     * @param text at most 4096 bytes of UTF-8
     * @return a copy
     */
    public ExportOptions withDescription(String text) {
        return new ExportOptions(name, storage, text, readOnly, disabled, limits, limitsRequired, contexts);
    }

    /**
     * Refuses writes.
     *
     * @return a copy
     */
    public ExportOptions withReadOnly() {
        return new ExportOptions(name, storage, description, true, disabled, limits, limitsRequired, contexts);
    }

    /**
     * Switches capabilities off.
     *
     * @param capabilities those of an export
     * @return a copy
     * @throws IllegalArgumentException for one that belongs to the whole server
     */
    public ExportOptions without(Capability... capabilities) {
        var all = EnumSet.noneOf(Capability.class);
        all.addAll(disabled);
        for (var capability : capabilities) {
            if (!capability.ofExport()) {
                throw new IllegalArgumentException(capability + " belongs to the server, see ServerOptions.without");
            }
            all.add(capability);
        }
        return new ExportOptions(name, storage, description, readOnly, all, limits, limitsRequired, contexts);
    }

    /**
     * Sets the block sizes, advertised to clients that ask and enforced for all.
     *
     * @param minimum smallest unit, bytes
     * @param preferred smallest efficient unit, bytes
     * @param maximumPayload largest payload, bytes
     * @return a copy
     */
    public ExportOptions withBlockSizes(int minimum, int preferred, int maximumPayload) {
        var sizes = new BlockLimits(minimum, preferred, maximumPayload);
        return new ExportOptions(name, storage, description, readOnly, disabled, sizes, limitsRequired, contexts);
    }

    /**
     * Refuses GO with ERR_BLOCK_SIZE_REQD to clients that do not ask for the block sizes.
     *
     * @return a copy
     */
    public ExportOptions withBlockSizesRequired() {
        return new ExportOptions(name, storage, description, readOnly, disabled, limits, true, contexts);
    }

    /**
     * Adds a metadata context, such as {@code qemu:dirty-bitmap:x}.
     *
     * @param context its name, with a namespace
     * @param source answers for it
     * @return a copy
     */
    public ExportOptions withContext(String context, StatusSource source) {
        var all = new LinkedHashMap<>(contexts);
        all.put(context, source);
        return new ExportOptions(name, storage, description, readOnly, disabled, limits, limitsRequired, all);
    }

    List<Context> allContexts() {
        var all = new ArrayList<Context>();
        all.add(new Context(1, "base:allocation", storage));
        contexts.forEach((context, source) -> all.add(new Context(all.size() + 1, context, source)));
        return all;
    }
}
