// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultsTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private NbdServer server;

    @BeforeEach
    void start() throws IOException {
        server = NbdServer.start(
                ServerOptions.defaults().withExport(MemoryStorage.of(1 << 20)).withRequestLog(100));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static void read(RawClient client, int cookie, long offset) throws IOException {
        client.send("25609513 0000 0000 %016x %016x 00000001".formatted(cookie, offset));
    }

    private static void expectData(RawClient client, int cookie) throws IOException {
        client.expect("67446698 00000000 %016x 00".formatted(cookie));
    }

    private static void expectError(RawClient client, int cookie, int error) throws IOException {
        client.expect("67446698 %08x %016x".formatted(error, cookie));
    }

    @Test
    void failsTheChosenRequestAndNoOther() throws Exception {
        var fault = server.faults().add(Fault.on(Command.READ).nth(2).fail(ErrorCode.EIO));
        try (var client = RawClient.simple(server)) {
            read(client, 1, 0);
            expectData(client, 1);
            read(client, 2, 0);
            expectError(client, 2, 5);
            read(client, 3, 0);
            expectData(client, 3);
        }
        assertThat(fault.fired()).isEqualTo(1);
    }

    @Test
    void failsEverySecondRequestOfARange() throws Exception {
        server.faults().add(Fault.on().within(0x1000, 0x1000).every(2).fail(9999, "odd"));
        try (var client = RawClient.simple(server)) {
            int cookie = 0;
            for (int round = 0; round < 2; round++) {
                read(client, ++cookie, 0xfff);
                expectData(client, cookie);
                read(client, ++cookie, 0x1000);
                expectData(client, cookie);
                read(client, ++cookie, 0x1fff);
                expectError(client, cookie, 9999);
                read(client, ++cookie, 0x2000);
                expectData(client, cookie);
            }
        }
    }

    @Test
    void failsTheFirstRequestsWithAMessage() throws Exception {
        server.faults().add(Fault.on(Command.READ).first(1).fail(5, "bad"));
        try (var client = RawClient.structured(server)) {
            read(client, 1, 0);
            client.expect("668e33ef 0001 8001 0000000000000001 00000009 00000005 0003 626164");
            read(client, 2, 0);
            client.expect("668e33ef 0001 0002 0000000000000002 0000000c 0000000000000000 00000001");
        }
    }

    @Test
    void letsOtherRequestsPassADelayedOne() throws Exception {
        server.faults().add(Fault.on(Command.READ).first(1).delay(Duration.ofMillis(100)));
        try (var client = RawClient.simple(server)) {
            read(client, 1, 0);
            read(client, 2, 0);
            expectData(client, 2);
            expectData(client, 1);
        }
        var log = server.requestLog().requests(Command.READ);
        assertThat(log.get(0).repliedNanos() - log.get(0).receivedNanos()).isGreaterThan(100_000_000L);
    }

    @Test
    void neverAnswersAStalledRequestAndGoesOn() throws Exception {
        var fault = server.faults().add(Fault.on(Command.READ).first(1).stall());
        try (var client = RawClient.simple(server)) {
            read(client, 1, 0);
            read(client, 2, 0);
            expectData(client, 2);
            assertThat(fault.awaitFired(1, LIMIT)).isTrue();
        }
        assertThat(server.requestLog().requests(Command.READ).getFirst().replied())
                .isFalse();
    }

    @Test
    void dropsOneConnectionAtARequest() throws Exception {
        server.faults().add(Fault.on(Command.READ).onConnection(1).nth(2).drop());
        try (var client = RawClient.simple(server);
                var other = RawClient.simple(server)) {
            read(client, 1, 0);
            expectData(client, 1);
            read(client, 2, 0);
            client.expectEnd();
            for (int cookie = 1; cookie < 4; cookie++) {
                read(other, cookie, 0);
                expectData(other, cookie);
            }
        }
    }

    @Test
    void cutsAReplyInItsMiddle() throws Exception {
        server.faults().add(Fault.on(Command.READ).cut(5));
        try (var client = RawClient.simple(server)) {
            read(client, 1, 0);
            client.expect("67446698 00");
            client.expectEnd();
        }
    }

    @Test
    void sendsNothingAfterAReplyThatIsCut() throws Exception {
        int length = 16 << 20; // more than a socket takes, so that the other replies wait for this one
        try (var large = NbdServer.start(
                ServerOptions.defaults().withExport(MemoryStorage.of(length)).withRequestLog(1000))) {
            for (int round = 0; round < 20; round++) {
                large.faults().add(Fault.on(Command.READ).first(1).cut(length));
                try (var client = RawClient.simple(large)) {
                    client.send("25609513 0000 0000 %016x %016x %08x".formatted(1, 0, length));
                    client.expect("67446698 00000000 0000000000000001");
                    // In one write: a server that has not read all of them would end with a reset and lose bytes.
                    client.send("25609513 0000 0000 0000000000000002 0000000000000000 00000001".repeat(8));
                    int requests = 9 * (round + 1);
                    assertThat(large.requestLog().await(log -> log.size() == requests, LIMIT))
                            .isTrue();
                    client.receive(length - 16);
                    client.expectEnd();
                }
                large.faults().clear();
            }
        }
    }

    @Test
    void cutsConnectionsAfterSomeBytes() throws Exception {
        server.faults().cutConnectionsAfter(10);
        try (var client = RawClient.connect(server)) {
            client.expect("4e42444d41474943 4948");
            client.expectEnd();
        }
        server.faults().clear();
        try (var client = RawClient.simple(server)) {
            read(client, 1, 0);
            expectData(client, 1);
        }
    }

    @Test
    void answersInReverse() throws Exception {
        server.faults().add(Fault.on(Command.READ).hold(3, Fault.Order.REVERSED));
        try (var client = RawClient.simple(server)) {
            for (int cookie = 1; cookie <= 3; cookie++) {
                int replies = cookie;
                read(client, cookie, 0);
                assertThat(server.requestLog()
                                .await(
                                        log -> log.stream()
                                                        .filter(LoggedRequest::replied)
                                                        .count()
                                                == replies,
                                        LIMIT))
                        .isTrue();
            }
            for (int cookie = 3; cookie >= 1; cookie--) {
                expectData(client, cookie);
            }
        }
    }

    @Test
    void sendsHeldRepliesAfterASecondIfNoMoreCome() throws Exception {
        server.faults().add(Fault.on(Command.READ).hold(3, Fault.Order.SHUFFLED));
        try (var client = RawClient.simple(server)) {
            read(client, 1, 0);
            expectData(client, 1);
        }
    }

    @Test
    void refusesAnErrorThatMeansSuccess() {
        assertThatThrownBy(() -> Fault.on().fail(0, "")).isInstanceOf(IllegalArgumentException.class);
    }
}
