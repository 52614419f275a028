// SPDX-License-Identifier: Apache-2.0
/**
 * The words of the protocol: what an export is and can do, the flags of commands, status of ranges, and what can go wrong.
 *
 * <p>All values are immutable, except for the buffers inside of {@link nbd4j.model.ReadChunk.Data}. Offsets and lengths are
 * in bytes; numbers that are unsigned on the wire are held in the next wider type.
 *
 * <p>{@link nbd4j.model.NbdException} is the root of all failures. Text from a server that is meant for people is escaped;
 * names are kept as they were sent, and are shown through {@link nbd4j.model.Printable}.
 */
package nbd4j.model;
