// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import nbd4j.copy.endpoint.ZeroMode;
import nbd4j.copy.hash.BlockHash;

/**
 * How one copy is to be done, as far as the engine is concerned.
 *
 * @param requestSize wished bytes of one request, 0 for what suits the target
 * @param sparse wished granularity of zero detection in bytes, 0 for none
 * @param extents whether to ask the source for its extents
 * @param zeroMode what the target may do with zeroes
 * @param targetIsZero whether the caller knows that the target reads as zeroes
 * @param flush whether to make the target durable at the end
 * @param workers most requests in flight, reads and writes together; 1 copies one request after the other
 * @param retryFor how long one request is repeated
 * @param drainFor how long requests in flight may go on after a failure or a cancel
 * @param hash which digest of the disk to compute
 * @param threads makes the threads of the copy
 */
public record EngineOptions(
        int requestSize,
        int sparse,
        boolean extents,
        ZeroMode zeroMode,
        boolean targetIsZero,
        boolean flush,
        int workers,
        Duration retryFor,
        Duration drainFor,
        Optional<BlockHash> hash,
        ThreadFactory threads) {
    /** The size of a request where neither the user nor the target has a wish. */
    public static final int USUAL_REQUEST = 1 << 20;
}
