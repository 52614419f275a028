// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.nio.ByteBuffer;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.hash.DiskHasher;
import nbd4j.copy.plan.Geometry;
import org.jspecify.annotations.Nullable;

/**
 * What all workers of one copy share.
 *
 * @param zeroes a buffer of zeroes, never changed
 * @param skipZeroes whether zeroes need not be written, because the target reads as zeroes
 * @param diskEnd size in bytes; {@link Long#MAX_VALUE} if it shows only at the end
 * @param memory where buffers come from
 * @param hasher takes what is read; null if no digest is wanted
 */
record CopyParts(
        Source source,
        Target target,
        EngineOptions options,
        Geometry geometry,
        Retry retry,
        Counters counters,
        ByteBuffer zeroes,
        boolean skipZeroes,
        long diskEnd,
        BufferBudget memory,
        @Nullable DiskHasher hasher) {}
