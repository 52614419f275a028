// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

/**
 * The request sizes an export advertises and enforces, in bytes.
 *
 * <p>Source: proto.md, "Size constraints".
 *
 * @param minimum every offset and length must be a multiple of it; a power of two from 1 to 65 536
 * @param preferred smallest efficient unit; a power of two from 512 and {@code minimum} up
 * @param maximumPayload largest payload of one read or write; at least {@code preferred}, at most 32 MiB
 */
public record BlockLimits(int minimum, int preferred, int maximumPayload) {
    /** Any alignment, 4 KiB preferred, at most 32 MiB. */
    public static final BlockLimits DEFAULT = new BlockLimits(1, 4096, 32 << 20);

    private static final int LARGEST_MINIMUM = 64 << 10;
    private static final int LARGEST_PAYLOAD = 32 << 20;

    /** Checks the values against the specification. */
    public BlockLimits {
        if (Integer.bitCount(minimum) != 1 || minimum < 1 || minimum > LARGEST_MINIMUM) {
            throw new IllegalArgumentException("minimum block " + minimum + ", allowed are powers of two to 65536");
        }
        if (Integer.bitCount(preferred) != 1 || preferred < Math.max(512, minimum)) {
            throw new IllegalArgumentException("preferred block " + preferred + ", allowed are powers of two from "
                    + Math.max(512, minimum) + " up");
        }
        if (maximumPayload < preferred || maximumPayload > LARGEST_PAYLOAD || maximumPayload % minimum != 0) {
            throw new IllegalArgumentException("maximum payload " + maximumPayload + ", allowed are multiples of "
                    + minimum + " from " + preferred + " to " + LARGEST_PAYLOAD);
        }
    }
}
