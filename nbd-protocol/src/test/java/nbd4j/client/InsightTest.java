// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.SIMPLE;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What can be seen of a connection at work: trace, recorded events, counters. */
@Timeout(60)
class InsightTest {
    @TempDir
    Path directory;

    private static void readBoth(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("good").expectOk("55*4096");
        }
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("good").expectOk("55*4096");
        }
    }

    @BothModes
    void theTraceHasHeadersAndNoPayload(ChannelThreads threads) throws Exception {
        var logger = (Logger) LoggerFactory.getLogger("nbd4j.wire");
        var appender = new ListAppender<ILoggingEvent>();
        appender.start();
        logger.setLevel(Level.TRACE);
        logger.setAdditive(false);
        logger.addAppender(appender);
        try {
            readBoth(threads);
        } finally {
            logger.detachAppender(appender);
            logger.setAdditive(true);
            logger.setLevel(null);
        }
        List<String> lines = List.copyOf(appender.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
        assertThat(lines).anyMatch(line -> line.contains("disk at scripted: -> READ cookie"));
        assertThat(lines).anyMatch(line -> line.contains("<- simple reply cookie"));
        assertThat(lines).anyMatch(line -> line.contains("<- ") && line.contains("length 4104"));
        assertThat(lines).noneMatch(line -> line.contains("5555"));
    }

    @Test
    void slowRequestsAreRecorded() throws Exception {
        List<RecordedEvent> events;
        try (var recording = new Recording()) {
            recording.enable("nbd4j.SlowRequest");
            recording.start();
            try (var rig = Rig.readingA(SIMPLE, ChannelThreads.OWN)) {
                long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(110);
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                rig.say("good").expectOk("55*4096");
            }
            recording.stop();
            Path file = directory.resolve("r.jfr");
            recording.dump(file);
            events = RecordingFile.readAllEvents(file);
        }
        assertThat(events).anySatisfy(event -> {
            assertThat(event.getString("connection")).isEqualTo("disk at scripted");
            assertThat(event.getString("command")).isEqualTo("READ");
            assertThat(event.getLong("offset")).isEqualTo(Rig.A);
            assertThat(event.getLong("length")).isEqualTo(4096);
            assertThat(event.getDuration("latency").toMillis()).isGreaterThanOrEqualTo(100);
        });
    }

    @BothModes
    void countersAddUp(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("good").expectOk("55*4096");
            var write = Call.start(() -> rig.connection.write(0, ByteBuffer.allocate(512)));
            Sent sent = rig.server.take();
            rig.say(rig.done(sent), sent);
            write.get();
            // Read A, read B, and the write.
            assertThat(rig.connection.stats())
                    .isEqualTo(new ConnectionStats(3, 0, 3 * 28 + 512, 3 * 16 + 4096 + 512, 512, 4096 + 512, 3));
        }
    }
}
