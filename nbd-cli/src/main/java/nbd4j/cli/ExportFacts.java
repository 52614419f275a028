// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.List;
import java.util.Optional;
import nbd4j.model.BlockSizes;
import nbd4j.model.TransmissionFlags;

/**
 * What {@code nbd info} shows of one export.
 *
 * @param name the server's own name for it if it told one, else the name asked for; not escaped
 * @param description the server's words, escaped; empty for none
 * @param size bytes
 * @param flags what it can do, as sent
 * @param blockSizes as advertised
 * @param contexts the names of its metadata contexts, not escaped; nothing if the server would not tell
 * @param content what file(1) takes its first bytes for
 * @param uri where it is; nothing for a server that was started for this question
 */
record ExportFacts(
        String name,
        String description,
        long size,
        TransmissionFlags flags,
        Optional<BlockSizes> blockSizes,
        Optional<List<String>> contexts,
        Optional<String> content,
        Optional<String> uri) {}
