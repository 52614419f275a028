// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.time.Duration;
import nbd4j.handshake.Script;
import nbd4j.handshake.ScriptedTransport;
import nbd4j.model.Export;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdProtocolException;
import nbd4j.transport.TlsUpgrade;

/** Handshakes with scripted servers, and what a client must do about their breaches and refusals. */
final class Handshakes {
    /** Options whose limits no test reaches unless it means to. */
    static final ConnectOptions OPTIONS = ConnectOptions.defaults().withHandshakeTimeout(Duration.ofSeconds(20));

    /** What a client sends that gets neither extended headers nor structured replies, up to GO. */
    static final String SENT_SIMPLE =
            Script.CLIENT_FLAGS + Script.EXTENDED_HEADERS + Script.STRUCTURED_REPLY + Script.GO;

    /** What a client sends that gets structured replies, up to GO. */
    static final String SENT_STRUCTURED =
            Script.CLIENT_FLAGS + Script.EXTENDED_HEADERS + Script.STRUCTURED_REPLY + Script.SET_META + Script.GO;

    /** For negotiations that never come to it. */
    static final TlsChoice.Source NO_TLS = () -> {
        throw new AssertionError("TLS was asked for");
    };

    private Handshakes() {}

    interface Call {
        Object run() throws Exception;
    }

    /** Begins a negotiation without TLS. */
    static NbdNegotiation greet(ScriptedTransport server) throws IOException {
        return NbdNegotiation.greet(server, OPTIONS, NO_TLS, false, false);
    }

    /** Begins a negotiation that may switch to TLS, or must. */
    static NbdNegotiation greet(ScriptedTransport server, TlsUpgrade upgrade, boolean required) throws IOException {
        return NbdNegotiation.greet(server, OPTIONS, () -> upgrade, required, false);
    }

    /** Negotiates everything and chooses an export. */
    static Export connect(ScriptedTransport server, String name) throws IOException {
        return connect(server, name, OPTIONS);
    }

    /** Negotiates everything and chooses an export. */
    static Export connect(ScriptedTransport server, String name, ConnectOptions options) throws IOException {
        return NbdNegotiation.greet(server, options, NO_TLS, false, true)
                .connect(name)
                .export();
    }

    /** Negotiates everything and chooses the default export. */
    static Export connect(String... script) throws IOException {
        return connect(ScriptedTransport.of(script), "");
    }

    /** Asserts that a breach makes the client close without another byte. */
    static NbdProtocolException assertHard(ScriptedTransport server, String sent, Call call) {
        NbdProtocolException breach = catchThrowableOfType(NbdProtocolException.class, call::run);
        assertThat(breach).as("breach").isNotNull();
        assertThat(breach.retryable()).isFalse();
        assertThat(server.sent()).as("bytes the client sent").isEqualTo(sent);
        assertThat(server.isClosed()).as("closed").isTrue();
        return breach;
    }

    /** Asserts that connecting to a server that greets, and then says this, ends as a breach. */
    static NbdProtocolException assertHardConnect(String sent, String... script) {
        var server = ScriptedTransport.of(Script.GREETING, String.join(" ", script));
        return assertHard(server, sent, () -> connect(server, ""));
    }

    /** Asserts that a refusal makes the client send ABORT, and close. */
    static NbdNegotiationException assertSoft(ScriptedTransport server, String sent, Call call) {
        NbdNegotiationException refusal = catchThrowableOfType(NbdNegotiationException.class, call::run);
        assertThat(refusal).as("refusal").isNotNull();
        assertThat(server.sent()).as("bytes the client sent").isEqualTo(sent + Script.ABORT);
        assertThat(server.outputClosed()).as("said that nothing follows").isTrue();
        assertThat(server.isClosed()).as("closed").isTrue();
        return refusal;
    }

    /** Asserts that connecting to a server that greets, and then says this, ends in ABORT. */
    static NbdNegotiationException assertSoftConnect(String sent, String... script) {
        var server = ScriptedTransport.of(Script.GREETING, String.join(" ", script));
        return assertSoft(server, sent, () -> connect(server, ""));
    }

    /** Asserts that a wrong call is refused before a byte is sent, and does no harm. */
    static void assertLocal(ScriptedTransport server, Class<? extends RuntimeException> kind, Call call) {
        String before = server.sent();
        assertThatThrownBy(call::run).isInstanceOf(kind);
        assertThat(server.sent()).as("bytes the client sent").isEqualTo(before);
        assertThat(server.isClosed()).as("closed").isFalse();
    }
}
