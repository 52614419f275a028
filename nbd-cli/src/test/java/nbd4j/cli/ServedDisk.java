// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import nbd4j.server.Capability;
import nbd4j.server.ExportOptions;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;

/** Starts embedded servers for the tests of the commands. */
final class ServedDisk {
    static final int MIB = 1 << 20;

    private ServedDisk() {}

    /** Returns a disk with 64 KiB of the letter A at its start and zeroes behind. */
    static MemoryStorage disk(long size) throws IOException {
        MemoryStorage storage = MemoryStorage.of(size);
        byte[] data = new byte[(int) Math.min(size, 64 << 10)];
        Arrays.fill(data, (byte) 'A');
        storage.write(0, ByteBuffer.wrap(data));
        return storage;
    }

    /** Serves one disk as the default export. */
    static NbdServer start(long size, Capability... without) throws IOException {
        return start(size, export -> export, without);
    }

    /** Serves one disk as the default export, changed. */
    static NbdServer start(long size, UnaryOperator<ExportOptions> change, Capability... without) throws IOException {
        return NbdServer.start(ServerOptions.defaults()
                .without(without)
                .withRequestLog(10_000)
                .withExport(change.apply(ExportOptions.of("", disk(size)))));
    }
}
