// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * Servers in a container of a Debian 13 image that is built on first use. TCP goes through mapped ports, Unix sockets
 * through a folder that both sides see. All servers of one provider share one container: where images are copied
 * whole, starting one costs seconds.
 *
 * <p>Any thread may call it. A container whose JVM was killed ends by itself after 15 minutes.
 */
final class Containers implements ServerProvider {
    /** As many TCP servers can listen at once; each port costs the engine a process. */
    private static final List<Integer> PORTS =
            IntStream.range(10801, 10809).boxed().toList();

    private static final ImageFromDockerfile IMAGE = new ImageFromDockerfile("nbd4j-servers", false)
            .withDockerfileFromBuilder(builder -> builder.from("debian:trixie-slim")
                    .run("apt-get update && apt-get install -y --no-install-recommends nbdkit qemu-utils nbd-server")
                    .build());

    /** Kills each process that has $0 on its command line, until there is none but this shell. */
    private static final String KILL = """
            while :; do
                found=
                for file in $(grep -lsaF -- "$0" /proc/[0-9]*/cmdline); do
                    process=${file#/proc/}
                    process=${process%/cmdline}
                    [ "$process" = $$ ] || ! [ -d "/proc/$process" ] || { found=1; kill -KILL "$process"; }
                done
                [ -n "$found" ] || exit 0
            done
            """;

    private final Path directory;
    private final GenericContainer<?> container;
    private final AtomicInteger number = new AtomicInteger();

    Containers() throws IOException {
        directory = Files.createTempDirectory("nbd4j-it");
        var share = new Bind(directory.toString(), new Volume(directory.toString()));
        container = new GenericContainer<>(IMAGE)
                .withCommand("timeout", "--signal=KILL", "900", "sleep", "infinity")
                .withExposedPorts(PORTS.toArray(Integer[]::new))
                .withCreateContainerCmdModifier(
                        create -> Objects.requireNonNull(create.getHostConfig()).withBinds(share))
                .waitingFor(new AbstractWaitStrategy() {
                    @Override
                    protected void waitUntilReady() {}
                });
        container.start();
    }

    /** Returns what is missing to run containers, as half a sentence; empty where an engine answers. */
    static Optional<String> missing() {
        return DockerClientFactory.instance().isDockerAvailable()
                ? Optional.empty()
                : Optional.of("no Docker engine answers");
    }

    @Override
    public Path directory() {
        return directory;
    }

    @Override
    public RunningServer start(ServerCommand command, ServerCommand.Listen listen)
            throws IOException, InterruptedException {
        var index = number.getAndIncrement();
        var name = "c" + index;
        var paths = new ServerCommand.Paths(directory.resolve(name + ".pid"), directory.resolve(name + ".conf"));
        var log = Files.createFile(directory.resolve(name + ".log"));
        var port = PORTS.get(index % PORTS.size());
        var socket = directory.resolve(name + ".sock");
        var line = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", log.toString()));
        line.addAll(
                switch (listen) {
                    case TCP -> command.onTcp("0.0.0.0", port, paths);
                    case UNIX -> command.onUnix(socket, paths);
                });
        var address = switch (listen) {
            case TCP -> new RunningServer.Address.Tcp(container.getHost(), container.getMappedPort(port));
            case UNIX -> new RunningServer.Address.Unix(socket);
        };
        var execution = execute(line);
        var handle = new Handle(this, directory.resolve(name + ".").toString(), log);
        Readiness.await(
                command,
                () -> Readiness.listens(command, paths, address),
                moment -> hasEnded(execution, moment),
                handle);
        return new RunningServer(address, command.export(), handle);
    }

    @Override
    public void close() throws IOException {
        container.stop();
        LocalProcesses.deleteAll(directory);
    }

    /** Starts a command in the container and returns the engine's name for it. */
    private String execute(List<String> line) {
        var id = docker().execCreateCmd(container.getContainerId())
                .withCmd(line.toArray(String[]::new))
                .exec()
                .getId();
        try (var ending = docker().execStartCmd(id).withDetach(true).exec(new ResultCallback.Adapter<Frame>())) {
            ending.awaitCompletion(Tools.LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return id;
    }

    /** The engine offers no wait for this: it is asked, and asked again after a moment. */
    private boolean hasEnded(String execution, Duration moment) {
        LockSupport.parkNanos(moment.toNanos());
        // Not "is it running": it is not, either, just before it starts.
        return docker().inspectExecCmd(execution).exec().getExitCodeLong() != null;
    }

    private DockerClient docker() {
        return container.getDockerClient();
    }

    /**
     * One server.
     *
     * @param mark stands on the command line of its processes and of no other
     */
    private record Handle(Containers containers, String mark, Path file) implements RunningServer.Handle {
        @Override
        public void kill() {
            if (!containers.container.isRunning()) {
                return;
            }
            var execution = containers.execute(List.of("sh", "-c", KILL, mark));
            var deadline = System.nanoTime() + Tools.LIMIT.toNanos();
            while (!containers.hasEnded(execution, Duration.ofMillis(10))) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("the processes of " + mark + " do not end");
                }
            }
        }

        @Override
        public String log() {
            try {
                return new String(Files.readAllBytes(file), UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
