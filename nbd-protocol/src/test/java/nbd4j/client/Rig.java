// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdError;
import nbd4j.model.NbdException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.ReplyStyle;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a scripted server, with the two reads of the scripts: A, 4096 bytes at 4096, which the server answers
 * as it likes, and B, 512 bytes at 8192, which shows whether the connection survived.
 */
final class Rig implements AutoCloseable {
    /** Limits that no test reaches unless it means to. */
    static final ConnectOptions OPTIONS = ConnectOptions.defaults().withCloseTimeout(Duration.ofSeconds(20));

    static final long A = 0x1000;
    static final long B = 0x2000;

    final ReplyStyle style;
    final FakeServer server;
    final NbdConnection connection;
    final Guarded bufferA;
    private final boolean direct;
    private @Nullable Call<Boolean> callA;
    private @Nullable Sent sentA;

    Rig(Export export, ConnectOptions options) {
        style = export.replyStyle();
        server = new FakeServer(style == ReplyStyle.EXTENDED);
        connection = NbdConnection.start(server, export, options);
        // Both kinds of buffers are used, without a parameter for it.
        direct = options.threads() == ChannelThreads.OWN;
        bufferA = new Guarded(0x1000, direct);
    }

    static Rig of(ReplyStyle style, ChannelThreads threads) {
        return new Rig(Exports.of(style), OPTIONS.withThreads(threads));
    }

    static Rig of(Export export, ChannelThreads threads) {
        return new Rig(export, OPTIONS.withThreads(threads));
    }

    /** Makes a connection whose read A is on the wire. */
    static Rig readingA(ReplyStyle style, ChannelThreads threads) {
        return of(style, threads).readA();
    }

    static Rig readingA(ReplyStyle style, ChannelThreads threads, CommandFlag flag) {
        Rig rig = of(style, threads);
        rig.callA = Call.start(() -> rig.connection.read(A, rig.bufferA.buffer(), Set.of(flag)));
        rig.sentA = rig.server.take();
        return rig;
    }

    Rig readA() {
        callA = Call.start(() -> connection.read(A, bufferA.buffer()));
        sentA = server.take();
        sentA().assertBytes(
                        style == ReplyStyle.EXTENDED
                                ? "21e41c71 0000 0000 CK 0000000000001000 0000000000001000"
                                : "25609513 0000 0000 CK 0000000000001000 00001000");
        return this;
    }

    /** Says bytes of a script; {@code good} is the whole right reply to A. */
    Rig say(String script) {
        return say(script, sentA());
    }

    Rig say(String script, Sent request) {
        server.say(Hex.bytes(script.replace("good", good(request, 0x55)), request.cookie()));
        return this;
    }

    /** Returns the right reply to a read, with this byte all over. */
    String good(Sent read, int fill) {
        String data = "%02x*%d".formatted(fill, read.length());
        return switch (style) {
            case SIMPLE -> "67446698 00000000 CK " + data;
            case STRUCTURED -> "668e33ef 0001 0001 CK %08x %016x %s".formatted(read.length() + 8, read.offset(), data);
            case EXTENDED ->
                "6e8a278c 0001 0001 CK %016x %016x %016x %s"
                        .formatted(read.offset(), read.length() + 8, read.offset(), data);
        };
    }

    /** Returns success of a command that has no content. */
    String done(Sent request) {
        return style == ReplyStyle.EXTENDED
                ? "6e8a278c 0001 0000 CK %016x 0000000000000000".formatted(request.offset())
                : "67446698 00000000 CK";
    }

    /** Returns an error reply to any command. */
    String error(Sent request, int value) {
        return switch (style) {
            case SIMPLE -> "67446698 %08x CK".formatted(value);
            case STRUCTURED -> "668e33ef 0001 8001 CK 00000006 %08x 0000".formatted(value);
            case EXTENDED ->
                "6e8a278c 0001 8001 CK %016x 0000000000000006 %08x 0000".formatted(request.offset(), value);
        };
    }

    Call<Boolean> callA() {
        return Objects.requireNonNull(callA);
    }

    Sent sentA() {
        return Objects.requireNonNull(sentA);
    }

    // What must have come of it.

    /** Asserts that A succeeded with these bytes, and that the connection goes on. */
    void expectOk(String expected) throws Exception {
        callA().get();
        assertThat(Hex.of(bufferA.bytes())).isEqualTo(Hex.of(Hex.bytes(expected, 0)));
        assertThat(bufferA.buffer().hasRemaining()).isFalse();
        bufferA.assertGuards();
        expectUsable();
    }

    /** Asserts that A failed alone, with this error. */
    NbdCommandException expectCommandError(NbdError error, long value) throws Exception {
        var failure = callA().failure(NbdCommandException.class);
        assertThat(failure.error()).isEqualTo(error);
        assertThat(failure.errorValue()).isEqualTo(value);
        bufferA.assertGuards();
        expectUsable();
        return failure;
    }

    /** Asserts that read B works. */
    void expectUsable() throws Exception {
        var buffer = new Guarded(0x200, direct);
        var call = Call.start(() -> connection.read(B, buffer.buffer()));
        Sent sent = server.take();
        assertThat(sent.offset()).isEqualTo(B);
        server.say(Hex.bytes(good(sent, 0x42), sent.cookie()));
        call.get();
        byte[] expected = new byte[0x200];
        Arrays.fill(expected, (byte) 0x42);
        assertThat(buffer.bytes()).isEqualTo(expected);
        buffer.assertGuards();
        server.assertNothingMore();
    }

    /** Asserts that the client hung up over A, and that nothing works after that. */
    NbdProtocolException expectHard() throws Exception {
        return expectHard(callA());
    }

    NbdProtocolException expectHard(Call<?> call) throws Exception {
        var breach = call.failure(NbdProtocolException.class);
        assertThat(breach.retryable()).isFalse();
        expectGone(NbdProtocolException.class);
        return breach;
    }

    /** Asserts that A succeeded, and that the client hangs up when it reads on, for which it may need another call. */
    void expectOkThenHard() throws Exception {
        callA().get();
        var buffer = new Guarded(0x200, direct);
        Call.start(() -> connection.read(B, buffer.buffer())).failure(NbdProtocolException.class);
        buffer.assertGuards();
        buffer.assertUntouched();
        server.awaitClosed();
    }

    /** Asserts that the connection is gone: closed, nothing more sent, later calls refused. */
    void expectGone(Class<? extends NbdException> kind) throws Exception {
        server.awaitClosed();
        server.assertNothingMore();
        bufferA.assertGuards();
        var later = new Guarded(0x200, direct);
        Call.start(() -> connection.read(B, later.buffer())).failure(kind);
        later.assertUntouched();
        assertThat(connection.isOpen()).isFalse();
        Call.start(connection::close).get();
        server.assertNothingMore();
        awaitIdle();
    }

    /** Waits until no request is in flight. */
    void awaitIdle() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (connection.stats().inFlight() > 0) {
            assertThat(System.nanoTime()).as("now").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** Ends everything, whatever state it is in. */
    @Override
    public void close() {
        connection.abort();
        server.close();
    }
}
