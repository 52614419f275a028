// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

/**
 * What a copy that succeeded has done.
 *
 * @param size bytes copied
 * @param durable whether the target was made durable; false where that was not asked for or the target cannot
 * @param progress the counters at the end
 */
public record CopyReport(long size, boolean durable, CopyProgress progress) {}
