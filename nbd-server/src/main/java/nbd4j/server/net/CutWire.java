// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Closes another wire once so many bytes were written to it. */
public final class CutWire implements Wire {
    private final Wire below;
    private long left; // writers only, and they take turns

    /**
     * Wraps a wire.
     *
     * @param below closed by this one
     * @param bytes how many may be written
     */
    public CutWire(Wire below, long bytes) {
        this.below = below;
        left = bytes;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return below.read(into);
    }

    @Override
    public void write(ByteBuffer from) throws IOException {
        if (from.remaining() <= left) {
            left -= from.remaining();
            below.write(from);
            return;
        }
        below.write(from.slice(from.position(), (int) left));
        left = 0;
        below.finish();
        below.close();
        throw new IOException("connection cut on demand");
    }

    @Override
    public void finish() throws IOException {
        below.finish();
    }

    @Override
    public void close() {
        below.close();
    }

    @Override
    public void reset() {
        below.reset();
    }
}
