// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.client.Handshakes.SENT_SIMPLE;
import static nbd4j.client.Handshakes.SENT_STRUCTURED;
import static nbd4j.client.Handshakes.assertHardConnect;
import static nbd4j.client.Handshakes.assertLocal;
import static nbd4j.client.Handshakes.connect;
import static nbd4j.client.Handshakes.greet;
import static nbd4j.handshake.Script.ack;
import static nbd4j.handshake.Script.context;
import static nbd4j.handshake.Script.option;
import static nbd4j.handshake.Script.refusal;
import static nbd4j.handshake.Script.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import nbd4j.handshake.Hex;
import nbd4j.handshake.Script;
import nbd4j.handshake.ScriptedTransport;
import nbd4j.model.Export;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.OptionError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MetaContextTest {
    private static final String BASE = "base:allocation";
    private static final String DEPTH = "qemu:allocation-depth";
    private static final String SENT_TO_SET =
            Script.CLIENT_FLAGS + Script.EXTENDED_HEADERS + Script.STRUCTURED_REPLY + Script.SET_META;

    @Test
    void mc01_opt23_sendsTheBytesOfTheSpecification() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(8), ack(10), ack(9));
        NbdNegotiation negotiation = structured(server);

        negotiation.setMetaContexts("", List.of(BASE));
        negotiation.listMetaContexts("d", List.of("base:", "qemu:dirty-bitmap:"));

        assertThat(server.sent())
                .isEqualTo(Script.CLIENT_FLAGS
                        + Script.STRUCTURED_REPLY
                        + Script.SET_META
                        + option(
                                9,
                                "00000001 64 00000002 00000005 " + Hex.utf8("base:") + " 00000012 "
                                        + Hex.utf8("qemu:dirty-bitmap:")));
    }

    @Test
    void mc02_opt61_asksForNoContextsWithoutChunks() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, Script.simple(), Script.going());

        assertThat(connect(server, "").contexts()).isEmpty();
        assertThat(server.sent()).isEqualTo(SENT_SIMPLE);

        var plain = ScriptedTransport.of(Script.GREETING);
        NbdNegotiation negotiation = greet(plain);
        assertLocal(plain, IllegalStateException.class, () -> negotiation.setMetaContexts("", List.of(BASE)));
        assertLocal(plain, IllegalStateException.class, () -> negotiation.listMetaContexts("", List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"allocation", ":x", "a b:c", "", ":", "\u001b:x", "a\u00a0b:c", "a\tb:c", "\u202e:x", "\ud800:x"
            })
    void mc03_refusesAQueryThatCannotBe(String query) throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(8));
        NbdNegotiation negotiation = structured(server);

        assertLocal(server, IllegalArgumentException.class, () -> negotiation.setMetaContexts("", List.of(query)));
        assertLocal(server, IllegalArgumentException.class, () -> negotiation.listMetaContexts("", List.of(query)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x-foo:", "x-foo:a b", "qemu:dirty-bitmap:a:b", "näme\\space:x"})
    void mc03_mc19_mc21_sendsAnyQueryOfLegalForm(String query) throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(8), ack(10));

        structured(server).setMetaContexts("", List.of(query));

        assertThat(server.sent()).endsWith(Hex.utf8(query));
    }

    @Test
    void mc03_refusesMoreThan64Queries() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(8), ack(10));
        NbdNegotiation negotiation = structured(server);

        assertLocal(
                server,
                IllegalArgumentException.class,
                () -> negotiation.setMetaContexts("", Collections.nCopies(65, BASE)));
        assertThat(negotiation.setMetaContexts("", Collections.nCopies(64, BASE)))
                .isEmpty();
    }

    @Test
    void mc04_listsNamesWhateverTheirIds() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING,
                ack(8),
                context(9, 0xdeadbeefL, BASE) + context(9, 0xdeadbeefL, "x-foo:") + ack(9),
                Script.going());
        NbdNegotiation negotiation = structured(server);

        assertThat(negotiation.listMetaContexts("", List.of())).containsExactly(BASE, "x-foo:");
        assertThat(negotiation.go("").export().contexts()).isEmpty();
    }

    @Test
    void mc05_mc16_anErrorBehindSomeContextsIsAFailure() throws IOException {
        for (long error : new long[] {0x80000003L, 0x80000009L}) {
            var server = ScriptedTransport.of(Script.GREETING, ack(8), context(9, 1, BASE) + refusal(9, error), ack(9));
            NbdNegotiation negotiation = structured(server);

            assertThatThrownBy(() -> negotiation.listMetaContexts("", List.of()))
                    .isInstanceOf(NbdNegotiationException.class);
            assertThat(negotiation.listMetaContexts("", List.of())).isEmpty();
        }
    }

    @Test
    void mc16_opt17_listsAgainWithExtendedHeadersWhereTheyAreDemanded() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING,
                ack(8),
                context(9, 1, BASE) + refusal(9, 0x8000000aL),
                ack(11),
                context(9, 1, BASE) + context(9, 2, "x-large:one") + ack(9));

        assertThat(structured(server).listMetaContexts("", List.of())).containsExactly(BASE, "x-large:one");
    }

    @Test
    void mc06_m19a_aFailureLeavesNoContexts() throws IOException {
        Export export = connect(
                Script.GREETING, Script.structured(), context(10, 1, BASE) + refusal(10, 0x80000003L), Script.going());
        assertThat(export.contexts()).isEmpty();

        var server = ScriptedTransport.of(
                Script.GREETING, ack(8), Script.baseAllocation(), refusal(10, 0x80000003L), Script.going());
        NbdNegotiation negotiation = structured(server);
        assertThat(negotiation.setMetaContexts("", List.of(BASE))).hasSize(1);
        assertThatThrownBy(() -> negotiation.setMetaContexts("", List.of(DEPTH)))
                .isInstanceOf(NbdNegotiationException.class);
        assertThat(negotiation.go("").export().contexts()).isEmpty();
    }

    @Test
    void mc06_mc07_eachChoiceReplacesTheOneBefore() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING, ack(8), Script.baseAllocation(), context(10, 7, DEPTH) + ack(10), Script.going());
        NbdNegotiation negotiation = structured(server);
        negotiation.setMetaContexts("", List.of(BASE));
        negotiation.setMetaContexts("", List.of(DEPTH));
        assertThat(negotiation.go("").export().contexts()).containsExactly(new MetaContext(7, DEPTH));

        var cleared = ScriptedTransport.of(Script.GREETING, ack(8), Script.baseAllocation(), ack(10), Script.going());
        NbdNegotiation clearing = structured(cleared);
        clearing.setMetaContexts("", List.of(BASE));
        assertThat(clearing.setMetaContexts("", List.of())).isEmpty();
        assertThat(clearing.go("").export().contexts()).isEmpty();
        assertThat(cleared.sent()).contains(option(10, "00000000 00000000"));
    }

    @Test
    void mc08_mc17_takesFewerContextsOrAnotherOrder() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING,
                ack(8),
                context(10, 2, DEPTH) + context(10, 1, BASE) + ack(10),
                ack(10),
                Script.going());
        NbdNegotiation negotiation = structured(server);

        assertThat(negotiation.setMetaContexts("", List.of(BASE, "qemu:dirty-bitmap:b", DEPTH)))
                .containsExactly(new MetaContext(2, DEPTH), new MetaContext(1, BASE));
        assertThat(negotiation.setMetaContexts("", List.of("base:"))).isEmpty();
        assertThat(negotiation.go("").export().contexts()).isEmpty();
    }

    @Test
    void mc09_m19b_refusesContextsThatAreNotDistinct() {
        assertThat(assertHardConnect(
                        SENT_TO_SET, Script.structured(), context(10, 1, BASE) + context(10, 1, DEPTH) + ack(10)))
                .hasMessageContaining(DEPTH);
        assertHardConnect(SENT_TO_SET, Script.structured(), context(10, 1, BASE) + context(10, 2, BASE) + ack(10));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 0x7fffffffL, 0x80000000L, 0xffffffffL})
    void mc10_m19f_takesAnyId(long id) throws IOException {
        Export export = connect(Script.GREETING, Script.structured(), context(10, id, BASE) + ack(10), Script.going());

        assertThat(export.contexts()).containsExactly(new MetaContext(id, BASE));
        assertThat(export.unrequestedContexts()).isEmpty();
    }

    @Test
    void mc11_keepsApartWhatWasNotAskedFor() throws IOException {
        Export export = connect(
                Script.GREETING,
                Script.structured(),
                context(10, 5, "x-evil:ctx") + context(10, 6, "base:other") + context(10, 1, BASE) + ack(10),
                Script.going());

        assertThat(export.contexts()).containsExactly(new MetaContext(1, BASE));
        assertThat(export.unrequestedContexts())
                .containsExactly(new MetaContext(5, "x-evil:ctx"), new MetaContext(6, "base:other"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "000001",
                "00000001",
                "00000001 78*4097",
                "00000001 616c6c6f636174696f6e",
                "00000001 3a78",
                "00000001 783a00",
                "00000001 783aff"
            })
    void mc12_mc13_gen03_gen04_m19cd_refusesAContextThatCannotBe(String data) {
        assertHardConnect(SENT_TO_SET, Script.structured(), reply(10, 4, data), ack(10));
    }

    @Test
    void mc12_takesTheLongestName() throws IOException {
        String name = "x-long:" + "n".repeat(4089);
        var server = ScriptedTransport.of(Script.GREETING, ack(8), context(10, 1, name) + ack(10));

        assertThat(structured(server).setMetaContexts("", List.of(name))).containsExactly(new MetaContext(1, name));
    }

    @Test
    void mc14_contextsHoldForTheirExportOnly() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(8), Script.baseAllocation(), Script.going());
        NbdNegotiation negotiation = structured(server);
        negotiation.setMetaContexts("a", List.of(BASE));
        assertThat(negotiation.go("b").export().contexts()).isEmpty();

        var same = ScriptedTransport.of(Script.GREETING, ack(8), Script.baseAllocation(), Script.going());
        NbdNegotiation holding = structured(same);
        holding.setMetaContexts("a", List.of(BASE));
        assertThat(holding.go("a").export().hasContext(BASE)).isTrue();
    }

    @Test
    void mc15_m19e_goesOnWithoutContexts() throws IOException {
        for (long error : new long[] {Script.UNSUP, Script.POLICY, 0x80000009L, 0x8000beefL}) {
            var server = ScriptedTransport.of(Script.GREETING, Script.structured(), refusal(10, error), Script.going());

            assertThat(connect(server, "").contexts()).isEmpty();
            assertThat(server.sent()).isEqualTo(SENT_STRUCTURED);
        }
    }

    @Test
    void opt16_tellsThatARequestIsTooBig() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(8), refusal(10, 0x80000009L));
        NbdNegotiation negotiation = structured(server);

        assertThatThrownBy(() -> negotiation.setMetaContexts("", List.of(BASE)))
                .isInstanceOfSatisfying(
                        NbdNegotiationException.class,
                        e -> assertThat(e.error()).isEqualTo(OptionError.TOO_BIG));
        assertThat(server.isClosed()).isFalse();
    }

    @Test
    void opt17_choosesAgainWithExtendedHeadersWhereTheyAreDemanded() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING, ack(8), refusal(10, 0x8000000aL), ack(11), Script.baseAllocation());

        assertThat(structured(server).setMetaContexts("", List.of(BASE))).hasSize(1);
        assertThat(server.sent())
                .isEqualTo(Script.CLIENT_FLAGS
                        + Script.STRUCTURED_REPLY
                        + Script.SET_META
                        + Script.EXTENDED_HEADERS
                        + Script.SET_META);
    }

    @Test
    void gen10_m18c_endsAnEndlessStreamOfContexts() {
        String endless = IntStream.range(0, 100)
                .mapToObj(id -> context(10, id, "x-a:" + id))
                .collect(Collectors.joining());

        assertThat(assertHardConnect(SENT_TO_SET, Script.structured(), endless)).hasMessageContaining("at most 64");
    }

    private static NbdNegotiation structured(ScriptedTransport server) throws IOException {
        NbdNegotiation negotiation = greet(server);
        assertThat(negotiation.structuredReplies()).isTrue();
        return negotiation;
    }
}
