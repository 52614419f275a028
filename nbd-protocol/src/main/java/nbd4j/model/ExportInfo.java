// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

import java.util.Optional;

/**
 * What a server told of an export in answer to INFO or GO.
 *
 * <p>Source: proto.md, "Option types", {@code NBD_INFO_*}.
 *
 * @param name the name that was asked for
 * @param size bytes. Some servers answer 0 to INFO and the truth to GO
 * @param flags what the export can do, as sent
 * @param blockSizes the request sizes, if advertised
 * @param canonicalName the server's own name for the export, if sent; show it through {@link Printable}
 * @param description the server's words for people, escaped, if sent
 */
public record ExportInfo(
        String name,
        long size,
        TransmissionFlags flags,
        Optional<BlockSizes> blockSizes,
        Optional<String> canonicalName,
        Optional<String> description) {}
