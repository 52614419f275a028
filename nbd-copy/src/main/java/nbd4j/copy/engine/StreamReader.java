// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.EndpointException.Side;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;

/** Reads what comes next from a sequential source. For one thread at a time. */
final class StreamReader {
    private final Source source;
    private final Target target;
    private final Ends ends;

    StreamReader(Source source, Target target, Ends ends) {
        this.source = source;
        this.target = target;
        this.ends = ends;
    }

    /**
     * Fills a buffer, or the part of it up to the end of the stream.
     *
     * @param offset how much was read before
     * @return whether the stream is at its end
     */
    boolean read(long offset, ByteBuffer into) throws IOException, InterruptedException {
        OptionalLong size = source.size();
        if (size.isPresent()) {
            into.limit(Math.toIntExact(Math.min(into.capacity(), size.getAsLong() - offset)));
        }
        if (into.hasRemaining()) {
            ends.read(offset, into, null);
        }
        int count = into.position();
        if (count < into.limit() && size.isPresent()) {
            throw new EndpointException(
                    Side.SOURCE,
                    "the stream ended after %d of %d bytes".formatted(offset + count, size.getAsLong()),
                    new EOFException());
        }
        requireRoom(offset + count);
        return size.isPresent() ? offset + count == size.getAsLong() : count < into.limit();
    }

    private void requireRoom(long needed) throws EndpointException {
        OptionalLong capacity = target.size();
        if (capacity.isPresent() && needed > capacity.getAsLong()) {
            throw new EndpointException(
                    Side.TARGET,
                    "%s holds %d bytes, but the source has at least %d"
                            .formatted(target.name(), capacity.getAsLong(), needed));
        }
    }
}
