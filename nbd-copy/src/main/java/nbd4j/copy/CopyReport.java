// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import java.util.Optional;

/**
 * What a copy that succeeded has done.
 *
 * @param size bytes copied
 * @param durable whether the target was made durable; false where that was not asked for or the target cannot
 * @param progress the counters at the end
 * @param hash the digest that was asked for, in hexadecimal digits
 */
public record CopyReport(long size, boolean durable, CopyProgress progress, Optional<String> hash) {}
