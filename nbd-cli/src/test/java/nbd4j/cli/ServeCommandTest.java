// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServeCommandTest {
    @TempDir
    private Path folder;

    @Test
    void servesMemoryUntilASignal() throws Exception {
        try (var serving = new Serving("memory:1M")) {
            assertThat(serving.uri()).startsWith("nbd://127.0.0.1:");
            try (NbdConnection connection = NbdClient.connect(serving.uri())) {
                assertThat(connection.export().size()).isEqualTo(1 << 20);
                connection.write(0, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            }
            assertThat(serving.signal(Signals.TERMINATE)).isZero();
            assertThatThrownBy(() -> NbdClient.connect(serving.uri()).close()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void servesAFileByNameOnAUnixSocket() throws Exception {
        Path file = Files.writeString(folder.resolve("disk.img"), "hello".repeat(1024));
        Path socket = folder.resolve("s");
        try (var serving = new Serving(
                "--socket=" + socket,
                "--name=disk",
                "--description=of mine",
                "-r",
                "--without=trim",
                file.toString())) {
            assertThat(serving.uri()).isEqualTo("nbd+unix:///disk?socket=" + socket);
            Run run = Run.nbd("info", "--no-content", serving.uri());

            assertThat(run.out())
                    .contains("export=\"disk\":\n\tdescription: of mine\n\texport-size: 5120 (5K)\n")
                    .contains("is_read_only: true\n")
                    .contains("can_trim: false\n");
            assertThat(serving.signal(Signals.INTERRUPT)).isZero();
            assertThat(socket).doesNotExist();
        }
    }

    @Test
    void advertisesBlockSizes() throws Exception {
        try (var serving = new Serving("--block-size=512:64K:1M", "pattern:1M")) {
            assertThat(Run.nbd("info", serving.uri()).out())
                    .contains(
                            "block_size_minimum: 512\n\tblock_size_preferred: 65536 (64K)\n\tblock_size_maximum: 1048576 (1M)\n");
        }
    }

    @Test
    void failsEachThirdReadOnDemand() throws Exception {
        try (var serving = new Serving("--fault=read:EIO:every=3", "memory:1M");
                NbdConnection connection = NbdClient.connect(serving.uri())) {
            var failed = new ArrayList<Integer>();
            for (int i = 1; i <= 6; i++) {
                try {
                    connection.read(0, ByteBuffer.allocate(512));
                } catch (NbdCommandException e) {
                    assertThat(e.error()).isEqualTo(NbdError.EIO);
                    failed.add(i);
                }
            }
            assertThat(failed).containsExactly(3, 6);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read:EIO:every=3",
                "write,zero:delay=200ms:first=10",
                "any:drop:nth=5",
                "any:reset:after=5:connection=2",
                "read:cut=100:range=1M+64K",
                "status:stall",
                "read:reorder=4",
                "flush:ENOSPC:export=disk",
                "trim,cache:enotsup"
            })
    void readsFaults(String text) throws Exception {
        assertThat(FaultSpec.parse(text).when().step()).isPositive();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "read | it has no effect; an example is read:EIO:every=3",
                "reed:EIO | 'reed' is none of read, write, flush, trim, cache, zero, status, any",
                "read:EIO:every=0 | 'every=0' is not positive",
                "read:EIO:every=x | 'every=x' has no whole number",
                "read:EIO:each=3 | 'each=3' is none of every=N, nth=N, first=N, after=N, connection=N, export=NAME, range=OFFSET+LENGTH",
                "read:EIO:range=1M | a range is written range=OFFSET+LENGTH"
            })
    void refusesFaultsThatMakeNoSense(String text, String why) {
        assertThatThrownBy(() -> FaultSpec.parse(text))
                .isInstanceOf(UsageException.class)
                .hasMessage("--fault '%s': %s", text, why);
    }

    @Test
    void refusesWrongCalls() {
        assertThat(Run.nbd("serve")).isEqualTo(new Run(2, "", """
                nbd serve: say what to serve: FILE, memory:SIZE or pattern:SIZE
                nbd serve: try: nbd serve --help
                """));
        assertThat(Run.nbd("serve", "--without=trimming", "memory:1M")).isEqualTo(new Run(2, "", """
                nbd serve: --without: there is no capability 'trimming'
                nbd serve: try: nbd serve --help
                """));
        assertThat(Run.nbd("serve", "--block-size=512", "memory:1M").err())
                .startsWith("nbd serve: --block-size: '512' is not MIN:PREFERRED:MAX, such as 512:4K:32M\n");
        assertThat(Run.nbd("serve", "--port=70000", "memory:1M").err())
                .startsWith("nbd serve: --port: 70000 is not from 0 to 65535\n");
        assertThat(Run.nbd("serve", "memory:lots").exitCode()).isEqualTo(2);
        assertThat(Run.nbd("serve", "/no/such/file")).isEqualTo(new Run(1, "", """
                nbd serve: /no/such/file: no such file or directory
                """));
    }

    /** A {@code nbd serve} on a thread of its own. */
    private static final class Serving implements AutoCloseable {
        private final AtomicReference<IntConsumer> signals = new AtomicReference<>();
        private final CountDownLatch handled = new CountDownLatch(1);
        private final CountDownLatch printed = new CountDownLatch(1);
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final AtomicReference<Integer> exitCode = new AtomicReference<>();
        private final Thread thread;

        Serving(String... arguments) throws InterruptedException {
            var words = new ArrayList<>(List.of("serve"));
            words.addAll(List.of(arguments));
            var err = new ByteArrayOutputStream();
            var environment = new Environment("nbd", false, false, Environment.DEFAULT_COLUMNS, Map.of(), action -> {
                signals.set(action);
                handled.countDown();
            });
            thread = Thread.ofVirtual().start(() -> {
                exitCode.set(Main.run(
                        new ByteArrayInputStream(new byte[0]),
                        printing(),
                        err,
                        environment,
                        words.toArray(String[]::new)));
                printed.countDown();
                handled.countDown();
            });
            assertThat(printed.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(handled.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(exitCode.get())
                    .as(() -> err.toString(StandardCharsets.UTF_8))
                    .isNull();
        }

        private OutputStream printing() {
            return new OutputStream() {
                @Override
                public void write(int b) {
                    out.write(b);
                }

                @Override
                public void flush() {
                    printed.countDown();
                }
            };
        }

        String uri() {
            return out.toString(StandardCharsets.UTF_8).strip();
        }

        int signal(int number) {
            signals.get().accept(number);
            try {
                assertThat(thread.join(Duration.ofSeconds(20))).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return exitCode.get();
        }

        @Override
        public void close() {
            signal(Signals.TERMINATE);
        }
    }

    @Test
    void saysThatItCannotBeHandedItsSocket() {
        var err = new ByteArrayOutputStream();
        var variables = Map.of(
                "LISTEN_FDS",
                "1",
                "LISTEN_PID",
                String.valueOf(ProcessHandle.current().pid()));
        var environment = new Environment("nbd", false, false, 80, variables, Signals.NONE);

        int exitCode = Main.run(
                new ByteArrayInputStream(new byte[0]),
                new ByteArrayOutputStream(),
                err,
                environment,
                "serve",
                "memory:1M");

        assertThat(exitCode).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("start it by itself, with --socket");
    }
}
