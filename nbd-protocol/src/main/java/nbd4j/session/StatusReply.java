// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;
import java.util.stream.Stream;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.BlockStatus;
import nbd4j.model.MetaContext;
import nbd4j.wire.Unsigned;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the reply to one block status. Descriptors are kept as pairs of longs, since there can be a million of them.
 * Written by the receiver; read by the caller when the reply is complete.
 */
public final class StatusReply {
    /** Those that were asked for, then those that the server added by itself. */
    private final List<MetaContext> expected;

    private final int asked;
    private final @Nullable Descriptors[] received;

    /** Expects one answer for each of these contexts. */
    public StatusReply(List<MetaContext> expected) {
        this(expected, List.of());
    }

    /** Expects one answer for each of some contexts, and takes and drops those for others. */
    public StatusReply(List<MetaContext> asked, List<MetaContext> unrequested) {
        this.expected = Stream.concat(asked.stream(), unrequested.stream()).toList();
        this.asked = asked.size();
        received = new @Nullable Descriptors[expected.size()];
    }

    /**
     * Returns the payload of a block status that selects contexts.
     *
     * <pre>
     * 0  u64 length of the range
     * 8  u32 id of each context
     * </pre>
     *
     * <p>Source: extension extended headers, {@code NBD_CMD_BLOCK_STATUS}.
     */
    public static ByteBuffer payload(long length, List<MetaContext> contexts) {
        var payload = ByteBuffer.allocate(8 + 4 * contexts.size()).putLong(length);
        for (MetaContext context : contexts) {
            Unsigned.putU32(payload, context.id());
        }
        return payload.flip();
    }

    /** Returns the index of the expected context with this id, or -1. */
    int indexOf(long id) {
        for (int i = 0; i < expected.size(); i++) {
            if (expected.get(i).id() == id) {
                return i;
            }
        }
        return -1;
    }

    boolean has(int index) {
        return received[index] != null;
    }

    Descriptors begin(int index) {
        var descriptors = new Descriptors();
        received[index] = descriptors;
        return descriptors;
    }

    MetaContext context(int index) {
        return expected.get(index);
    }

    /** Returns the first context that was asked for and for which no answer came, or null. */
    @Nullable
    MetaContext missing() {
        for (int i = 0; i < asked; i++) {
            if (received[i] == null) {
                return expected.get(i);
            }
        }
        return null;
    }

    /** Returns the answers that were asked for, in the order in which the contexts were negotiated. */
    public List<BlockStatus> result() {
        List<BlockStatus> result = new ArrayList<>(asked);
        for (int i = 0; i < asked; i++) {
            Descriptors descriptors = received[i];
            if (descriptors != null) {
                result.add(new BlockStatus(expected.get(i), descriptors));
            }
        }
        return result;
    }

    /** A list of descriptors without an object for each. */
    static final class Descriptors extends AbstractList<BlockDescriptor> implements RandomAccess {
        private long[] pairs = new long[32];
        private int count;

        void append(long length, long flags) {
            if (2 * count == pairs.length) {
                pairs = Arrays.copyOf(pairs, 2 * pairs.length);
            }
            pairs[2 * count] = length;
            pairs[2 * count + 1] = flags;
            count++;
            modCount++;
        }

        @Override
        public BlockDescriptor get(int index) {
            if (index < 0 || index >= count) {
                throw new IndexOutOfBoundsException(index);
            }
            return new BlockDescriptor(pairs[2 * index], pairs[2 * index + 1]);
        }

        @Override
        public int size() {
            return count;
        }
    }
}
