// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

import java.util.List;

/**
 * What one metadata context says of a range, as one BLOCK_STATUS reply has it. The descriptors follow one another from
 * the offset that was asked for. They may cover less than was asked, or (the last one) more, but never reach beyond
 * the end of the export.
 *
 * <p>Source: proto.md, {@code NBD_REPLY_TYPE_BLOCK_STATUS}, {@code NBD_REPLY_TYPE_BLOCK_STATUS_EXT}.
 *
 * @param context which context speaks
 * @param descriptors at least one
 */
public record BlockStatus(MetaContext context, List<BlockDescriptor> descriptors) {}
