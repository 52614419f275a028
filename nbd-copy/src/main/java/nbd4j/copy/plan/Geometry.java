// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.plan;

import nbd4j.model.BlockSizes;

/**
 * The sizes that one copy obeys, settled from the block sizes of both ends before anything is sent. All in bytes, all
 * powers of two.
 *
 * @param minimum what every offset and length is a multiple of, but for the end of the disk
 * @param requestSize length of one read, and the multiple at which reads end
 * @param zeroAlignment what the edges of zeroed ranges are multiples of, so that the target need not read to zero
 * @param sparse granularity of the search for zeroes in data; 0 searches nothing
 */
public record Geometry(int minimum, int requestSize, int zeroAlignment, int sparse) {
    /** Refuses sizes that do not fit together. */
    public Geometry {
        requirePowerOfTwo("minimum", minimum);
        requirePowerOfTwo("request size", requestSize);
        requirePowerOfTwo("zero alignment", zeroAlignment);
        if (sparse != 0) {
            requirePowerOfTwo("sparse", sparse);
        }
        if (requestSize < minimum || zeroAlignment < minimum || zeroAlignment > requestSize) {
            throw new IllegalArgumentException(
                    "request size %d and zero alignment %d do not fit the minimum block size %d"
                            .formatted(requestSize, zeroAlignment, minimum));
        }
    }

    /**
     * Settles the sizes. The wished request is raised to the preferred blocks of both ends and lowered to their
     * largest payloads and to {@code maximumRequest}, but never below the minimum blocks of both: an end whose largest
     * payload is smaller than the other's smallest block gets such a block in several requests.
     *
     * @param source block sizes of the source
     * @param target block sizes of the target
     * @param wishedRequest bytes of one request
     * @param maximumRequest what the memory allows for one request, in bytes
     * @param sparse wished granularity of zero detection, 0 for none; raised to the target's preferred block
     */
    public static Geometry of(
            BlockSizes source, BlockSizes target, int wishedRequest, long maximumRequest, int sparse) {
        int minimum = Math.max(source.minimum(), target.minimum());
        int preferred = Math.max(source.usablePreferred(), target.usablePreferred());
        int largest = Math.min(source.usablePayload(), target.usablePayload());
        long request = Math.min(Math.min(Math.max(wishedRequest, preferred), largest), maximumRequest);
        int requestSize = Math.max(minimum, Integer.highestOneBit(Math.toIntExact(Math.max(1, request))));
        int targetBlock = Math.max(minimum, Math.min(target.usablePreferred(), requestSize));
        int granularity = sparse == 0 ? 0 : Math.min(Math.max(sparse, targetBlock), requestSize);
        return new Geometry(minimum, requestSize, targetBlock, granularity);
    }

    /**
     * Refuses a disk whose last bytes one end cannot address.
     *
     * @param side who speaks, for the message
     * @param size bytes to be copied
     * @param minimum that end's smallest block
     * @throws IllegalArgumentException if {@code size} is no multiple of {@code minimum}
     */
    public static void requireAddressable(String side, long size, int minimum) {
        long tail = size % minimum;
        if (tail != 0) {
            throw new IllegalArgumentException(
                    "%s: the size of %d bytes is not a multiple of the minimum block size %d; the last %d bytes cannot be addressed"
                            .formatted(side, size, minimum, tail));
        }
    }

    private static void requirePowerOfTwo(String what, int value) {
        if (value <= 0 || Integer.bitCount(value) != 1) {
            throw new IllegalArgumentException("%s %d is not a power of two".formatted(what, value));
        }
    }
}
