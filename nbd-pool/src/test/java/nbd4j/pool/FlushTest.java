// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static nbd4j.pool.ServerFixture.PIECE;
import static nbd4j.pool.ServerFixture.SIZE;
import static nbd4j.pool.ServerFixture.pattern;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import nbd4j.pool.PoolFixture.Task;
import nbd4j.server.Command;
import nbd4j.server.Fault;
import nbd4j.server.LoggedRequest;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.Storage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a flush and a lease mean for the writes before, over real sockets. */
@Timeout(60)
class FlushTest {
    private final ServerFixture fixture = new ServerFixture();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    /** ORD-03, INV-4: a flush is sent after the replies of the writes that it covers, on whichever connection. */
    @Test
    void ord03_aFlushFollowsTheRepliesOfTheWritesItCovers() throws Exception {
        NbdServer server = fixture.serve(ServerOptions.defaults().withExport(MemoryStorage.of(SIZE)));
        NbdPool pool = fixture.openComplete(server, fixture.options());
        server.faults().add(Fault.on(Command.WRITE).every(3).delay(Duration.ofMillis(20)));
        for (int round = 0; round < 5; round++) {
            var writers = new ArrayList<Task<Void>>();
            for (int writer = 0; writer < 16; writer++) {
                long at = (long) writer * PIECE;
                writers.add(start(() -> {
                    pool.write(at, pattern(at));
                    return null;
                }));
            }
            for (Task<Void> writer : writers) {
                writer.result();
            }
            pool.flush();
        }
        List<LoggedRequest> writes = server.requestLog().requests(Command.WRITE);
        List<LoggedRequest> flushes = server.requestLog().requests(Command.FLUSH);
        assertThat(writes).hasSize(80);
        assertThat(flushes).hasSize(5);
        for (int round = 0; round < 5; round++) {
            long sent = flushes.get(round).order();
            assertThat(writes.subList(round * 16, round * 16 + 16))
                    .allMatch(write -> write.replied() && write.replyOrder() < sent);
        }
        assertThat(writes.stream().map(LoggedRequest::connection).distinct()).hasSizeGreaterThan(1);
    }

    @Test
    void aLeaseIsAConnectionLikeAnyOther() throws Exception {
        Storage storage = MemoryStorage.of(SIZE);
        NbdServer server = fixture.serve(ServerOptions.defaults().withExport(storage));
        NbdPool pool = fixture.openComplete(server, fixture.options());
        try (Lease lease = pool.lease(Duration.ofSeconds(5))) {
            lease.connection().write(0, pattern(0));
            lease.connection().flush();
        }
        ByteBuffer found = bytes(PIECE);
        pool.read(0, found);
        assertThat(found.flip()).isEqualTo(pattern(0));
    }
}
