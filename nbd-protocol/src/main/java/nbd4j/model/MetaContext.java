// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * A metadata context that the server agreed to report on, such as {@code base:allocation}.
 *
 * <p>Source: proto.md, "Metadata querying".
 *
 * @param id the number the server gave it, unsigned 32 bits; it holds for one negotiation only
 * @param name namespace, colon, leaf; as sent by the server, so show it through {@link Printable}
 */
public record MetaContext(long id, String name) {
    /** The context that every user of holes wants. */
    public static final String BASE_ALLOCATION = "base:allocation";

    /** In {@code base:allocation}: the range is a hole. What it reads as is not said by this bit. */
    public static final long STATE_HOLE = 1;

    /** In {@code base:allocation}: the range reads as zeroes. */
    public static final long STATE_ZERO = 2;

    /** In {@code qemu:dirty-bitmap:NAME}: the range was written to. */
    public static final long STATE_DIRTY = 1;
}
