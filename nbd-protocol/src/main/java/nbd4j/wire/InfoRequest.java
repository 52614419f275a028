// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import nbd4j.model.InformationType;

/**
 * The data of INFO and GO.
 *
 * <pre>
 * 0  u32 length   bytes of the name
 * 4  ... name     empty for the default export
 * .. u16 count    of the information types
 * .. u16 type     of each, none twice
 * </pre>
 *
 * <p>Source: proto.md, {@code NBD_OPT_INFO}, {@code NBD_OPT_GO}.
 */
public final class InfoRequest {
    private InfoRequest() {}

    /**
     * Returns the data that asks for an export.
     *
     * @throws IllegalArgumentException if the name cannot be sent
     */
    public static byte[] encode(String name, Set<InformationType> types) {
        byte[] nameBytes = WireText.encode("export name", name);
        var sorted = EnumSet.noneOf(InformationType.class);
        sorted.addAll(types);
        var out = ByteBuffer.allocate(Integer.BYTES + nameBytes.length + Short.BYTES * (1 + sorted.size()));
        out.putInt(nameBytes.length).put(nameBytes);
        Unsigned.putU16(out, sorted.size());
        sorted.forEach(type -> Unsigned.putU16(out, type.value()));
        return out.array();
    }
}
