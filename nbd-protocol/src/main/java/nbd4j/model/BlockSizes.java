// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * The request sizes an export accepts, all in bytes.
 *
 * <p>Every offset and length sent to the export must be a multiple of {@code minimum}. Aligning to {@code preferred}
 * avoids read-modify-write on the server. No read or write may carry more than {@code maximumPayload} bytes; commands
 * without a payload (trim, write zeroes) are not bound by it.
 *
 * <p>Source: proto.md, "Size constraints".
 *
 * @param minimum smallest addressable unit; a power of two from 1 to 65 536
 * @param preferred smallest efficient unit; a power of two, at least 512 and at least {@code minimum}
 * @param maximumPayload largest payload of one request; unsigned 32 bits on the wire, at least {@code preferred}
 */
public record BlockSizes(int minimum, long preferred, long maximumPayload) {
    /** The largest payload that this client ever sends or asks for: 32 MiB, which every server must take. */
    public static final int MAXIMUM_PAYLOAD = 32 << 20;

    /** What is assumed where the server advertises nothing: any alignment, as servers should take it, and 32 MiB. */
    public static final BlockSizes UNADVERTISED = new BlockSizes(1, 4096, MAXIMUM_PAYLOAD);

    /** Refuses sizes that the specification forbids. */
    public BlockSizes {
        if (Integer.bitCount(minimum) != 1 || minimum < 1 || minimum > 65_536) {
            throw new IllegalArgumentException(
                    "minimum block size %d is not a power of two from 1 to 65536".formatted(minimum));
        }
        if (Long.bitCount(preferred) != 1 || preferred < Math.max(512, minimum)) {
            throw new IllegalArgumentException(
                    "preferred block size %d is not a power of two of at least 512 and the minimum block size %d"
                            .formatted(preferred, minimum));
        }
        if (maximumPayload < preferred || maximumPayload > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException(
                    "maximum payload %d is not between the preferred block size %d and 4294967295"
                            .formatted(maximumPayload, preferred));
        }
    }

    /**
     * Returns the largest payload of one request that this client uses: the advertised maximum, at most
     * {@link #MAXIMUM_PAYLOAD}, rounded down to a multiple of the minimum (and of 512 where that leaves something).
     */
    public int usablePayload() {
        long capped = Math.min(maximumPayload, MAXIMUM_PAYLOAD);
        long unit = Math.max(minimum, 512);
        return Math.toIntExact(capped - capped % unit);
    }

    /** Returns the preferred size, at most {@link #MAXIMUM_PAYLOAD}. */
    public int usablePreferred() {
        return Math.toIntExact(Math.min(preferred, MAXIMUM_PAYLOAD));
    }
}
