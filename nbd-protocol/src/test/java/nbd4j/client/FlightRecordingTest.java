// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.server.Command;
import nbd4j.server.Fault;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The events that a flight recording shows. */
@Timeout(60)
final class FlightRecordingTest {
    private static final String KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    @TempDir
    private Path folder;

    /** Something that is recorded. */
    private interface Step {
        void run() throws IOException;
    }

    private List<RecordedEvent> record(Step step) throws IOException {
        Path file = folder.resolve("recording.jfr");
        try (var recording = new Recording()) {
            recording.enable("nbd4j.Connect").withThreshold(Duration.ZERO);
            recording.enable("nbd4j.Handshake").withThreshold(Duration.ZERO);
            recording.enable("nbd4j.SlowRequest").withThreshold(Duration.ZERO);
            recording.start();
            step.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file);
    }

    private static List<RecordedEvent> named(String name, List<RecordedEvent> events) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .toList();
    }

    private static NbdServer server() throws IOException {
        return NbdServer.start(ServerOptions.defaults().withExport(MemoryStorage.of(1 << 20)));
    }

    @Test
    void showsConnectionHandshakeAndSlowRequest() throws Exception {
        try (var server = server()) {
            server.faults().add(Fault.on(Command.READ).nth(1).delay(Duration.ofMillis(150)));
            List<RecordedEvent> events = record(() -> {
                try (var disk = NbdClient.connect(server.uri().toString())) {
                    disk.read(512, ByteBuffer.allocate(1024));
                }
            });

            assertThat(named("nbd4j.Connect", events)).singleElement().satisfies(event -> {
                assertThat(event.getString("address")).endsWith(":" + server.port());
                assertThat(event.getString("failure")).isEmpty();
            });
            assertThat(named("nbd4j.Handshake", events)).singleElement().satisfies(event -> {
                assertThat(event.getString("address")).endsWith(":" + server.port());
                assertThat(event.getString("replyStyle")).isEqualTo("EXTENDED");
                assertThat(event.getBoolean("tls")).isFalse();
                assertThat(event.getString("failure")).isEmpty();
                assertThat(event.getDuration()).isPositive();
            });
            assertThat(named("nbd4j.SlowRequest", events)).singleElement().satisfies(event -> {
                assertThat(event.getString("command")).isEqualTo("READ");
                assertThat(event.getLong("offset")).isEqualTo(512);
                assertThat(event.getLong("length")).isEqualTo(1024);
                assertThat(event.getDuration("latency")).isGreaterThanOrEqualTo(Duration.ofMillis(150));
            });
        }
    }

    @Test
    void showsWhyThereIsNoConnection() throws Exception {
        String uri = "nbd+unix:///?socket=" + folder.resolve("nobody");
        List<RecordedEvent> events = record(
                () -> assertThatThrownBy(() -> NbdClient.connect(uri)).isInstanceOf(NbdDisconnectedException.class));

        assertThat(named("nbd4j.Connect", events)).singleElement().satisfies(event -> {
            assertThat(event.getString("address"))
                    .isEqualTo(folder.resolve("nobody").toString());
            assertThat(event.getString("failure")).contains("nobody");
        });
        assertThat(named("nbd4j.Handshake", events)).isEmpty();
    }

    @Test
    void showsWhyAHandshakeFailedAndEachOnlyOnce() throws Exception {
        try (var server = server()) {
            List<RecordedEvent> events = record(() -> {
                assertThatThrownBy(() -> NbdClient.connect(server.uri("missing").toString()))
                        .isInstanceOf(NbdNegotiationException.class);
                try (var negotiation = NbdClient.negotiate(server.uri().toString(), ConnectOptions.defaults())) {
                    negotiation.list();
                    negotiation.abort();
                }
            });

            assertThat(named("nbd4j.Handshake", events))
                    .hasSize(2)
                    .allSatisfy(
                            event -> assertThat(event.getString("replyStyle")).isEmpty())
                    .satisfiesOnlyOnce(
                            event -> assertThat(event.getString("failure")).contains("missing"))
                    .satisfiesOnlyOnce(
                            event -> assertThat(event.getString("failure")).isEmpty());
        }
    }

    @Test
    void keepsKeysToItself() throws Exception {
        Path keys = Files.writeString(folder.resolve("keys.psk"), "alice:" + KEY + "\n");
        try (var server = server()) {
            String uri = server.uri().toString().replace("nbd://", "nbds://alice@") + "?tls-psk-file=" + keys;
            List<RecordedEvent> events = record(() -> assertThatThrownBy(() ->
                            NbdClient.connect(uri, ConnectOptions.defaults().withLocalFilesFromUri(true)))
                    .isInstanceOf(IOException.class));

            assertThat(named("nbd4j.Handshake", events))
                    .singleElement()
                    .satisfies(event -> assertThat(event.getString("failure")).contains("TLS"));
            assertThat(events).allSatisfy(event -> assertThat(event.toString()).doesNotContain(KEY.substring(0, 8)));
        }
    }
}
