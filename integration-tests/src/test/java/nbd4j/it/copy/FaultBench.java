// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.it.RunningServer;
import nbd4j.it.ServerCommand;
import nbd4j.it.ServerCommand.Listen;
import nbd4j.it.ServerProvider;
import nbd4j.it.Tools;
import org.jspecify.annotations.Nullable;

/**
 * A source and a target served by nbdkit, one copy between them by the packaged command, and what must hold afterwards
 * whatever went wrong. The target is full of 0xff before, between guards of 0xa5 that nobody may touch.
 */
final class FaultBench implements AutoCloseable {
    static final int SIZE = 32 * Disks.MIB;
    static final int GUARD = Disks.MIB;
    static final int GUARD_BYTE = 0xa5;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final ServerProvider provider;
    private final Path folder;
    private final Path golden;
    private final Path image;
    private final List<RunningServer> servers = new ArrayList<>();
    private @Nullable RunningServer source;
    private @Nullable RunningServer target;

    /**
     * Makes the disks.
     *
     * @param folder empty, for this test alone
     */
    FaultBench(ServerProvider provider, Path folder) throws IOException {
        this.provider = provider;
        this.folder = folder;
        this.golden = Disks.golden(folder.resolve("golden.img"), SIZE);
        this.image = Disks.guarded(folder.resolve("target.img"), GUARD, GUARD_BYTE, SIZE, 0xff);
    }

    Path golden() {
        return golden;
    }

    Path image() {
        return image;
    }

    Path sourceLog() {
        return folder.resolve("source.log");
    }

    Path targetLog() {
        return folder.resolve("target.log");
    }

    /** Serves the golden disk, or what the words name, behind a log. Words: options, filters, a plugin, parameters. */
    FaultBench source(String words) throws IOException, InterruptedException {
        return source(split(words));
    }

    FaultBench source(List<String> words) throws IOException, InterruptedException {
        source = start(line(words, List.of("file", golden.toString()), sourceLog(), false));
        return this;
    }

    /** Serves the target's disk, or what the words name, behind a log. */
    FaultBench target(String words) throws IOException, InterruptedException {
        return target(split(words));
    }

    FaultBench target(List<String> words) throws IOException, InterruptedException {
        target = start(line(words, List.of("file", image.toString()), targetLog(), true));
        return this;
    }

    RunningServer sourceServer() {
        return java.util.Objects.requireNonNull(source, "no source was started");
    }

    RunningServer targetServer() {
        return java.util.Objects.requireNonNull(target, "no target was started");
    }

    /** Copies with these options from the source to the target. */
    FaultOutcome copy(String... options) throws IOException, InterruptedException {
        return copyTo(targetServer().uri().toString(), options);
    }

    /** Copies to something else than the target. */
    FaultOutcome copyTo(String destination, String... options) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of(sourceServer().uri().toString(), destination));
        long begun = System.nanoTime();
        try (Child child = Child.startCopy(words.toArray(String[]::new))) {
            Tools.Result result = child.ends(LIMIT);
            return new FaultOutcome(this, result, Duration.ofNanos(System.nanoTime() - begun));
        }
    }

    /** Waits until every connection of a log has ended, and asks the server again: our failure is not its failure. */
    void requireServersUnharmed() throws IOException, InterruptedException {
        for (Path file : List.of(sourceLog(), targetLog())) {
            long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            NbdkitLog log = NbdkitLog.read(file);
            while (log.count(" Connect export=") != log.count(" Disconnect ") && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(5);
                log = NbdkitLog.read(file);
            }
            assertThat(log.count(" Disconnect "))
                    .as("ends of connections in %s", file)
                    .isEqualTo(log.count(" Connect export="));
        }
        for (RunningServer server : servers) {
            try (var again = NbdClient.connect(server.uri().toString(), ConnectOptions.defaults())) {
                assertThat(again.export().size()).isNotNegative();
            }
        }
    }

    /** Ends the servers as a crash does, so that the disks hold what was made durable. */
    void killServers() {
        servers.forEach(RunningServer::kill);
        servers.clear();
    }

    @Override
    public void close() {
        killServers();
    }

    private RunningServer start(List<String> words) throws IOException, InterruptedException {
        RunningServer server = provider.start(ServerCommand.nbdkit(words.toArray(String[]::new)), Listen.UNIX);
        servers.add(server);
        return server;
    }

    private static List<String> split(String words) {
        return Arrays.stream(words.trim().split(" ", -1))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** Puts the log outside, and the offset that makes room for the guards inside; a plugin of the words' own wins. */
    private List<String> line(List<String> words, List<String> plugin, Path log, boolean guards) throws IOException {
        List<String> front = new ArrayList<>(List.of("--filter=log"));
        List<String> rest = new ArrayList<>();
        boolean own = false;
        for (String word : words) {
            String known = word.replace("@/", folder + "/");
            if (word.startsWith("-")) {
                front.add(known);
            } else {
                own |= rest.isEmpty() && !word.contains("=");
                rest.add(known);
            }
        }
        Files.deleteIfExists(log);
        if (!own && guards) {
            front.add("--filter=offset");
            rest.addAll(List.of("offset=" + GUARD, "range=" + SIZE));
        }
        if (!own) {
            front.addAll(plugin);
        }
        front.addAll(rest);
        front.add("logfile=" + log);
        return front;
    }
}
