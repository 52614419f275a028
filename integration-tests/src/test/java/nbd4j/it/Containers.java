// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.output.OutputFrame;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * Servers in containers of a Debian 13 image that is built on first use. TCP goes through a mapped port, Unix sockets
 * through a folder that both sides see.
 *
 * <p>Any thread may call it. A container whose JVM was killed ends by itself after 15 minutes.
 */
final class Containers implements ServerProvider {
    private static final int PORT = 10809;

    private static final ImageFromDockerfile IMAGE = new ImageFromDockerfile("nbd4j-servers", false)
            .withDockerfileFromBuilder(builder -> builder.from("debian:trixie-slim")
                    .run("apt-get update && apt-get install -y --no-install-recommends nbdkit qemu-utils nbd-server")
                    .build());

    private final Path directory;
    private final Set<Handle> mine = ConcurrentHashMap.newKeySet();
    private final AtomicInteger number = new AtomicInteger();

    Containers() throws IOException {
        directory = Files.createTempDirectory("nbd4j-it");
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
        var name = "c" + number.incrementAndGet();
        var paths = new ServerCommand.Paths(directory.resolve(name + ".pid"), directory.resolve(name + ".conf"));
        var socket = directory.resolve(name + ".sock");
        var line = new ArrayList<>(List.of("timeout", "--signal=KILL", "900"));
        line.addAll(
                switch (listen) {
                    case TCP -> command.onTcp("0.0.0.0", PORT, paths);
                    case UNIX -> command.onUnix(socket, paths);
                });
        var container = container(line);
        var handle = new Handle(container);
        mine.add(handle);
        try {
            container.start();
        } catch (RuntimeException e) {
            throw new IOException("cannot start " + line + " in a container", e);
        }
        var address = switch (listen) {
            case TCP -> new RunningServer.Address.Tcp(container.getHost(), container.getMappedPort(PORT));
            case UNIX -> new RunningServer.Address.Unix(socket);
        };
        try (var end = new WaitContainerResultCallback()) {
            container
                    .getDockerClient()
                    .waitContainerCmd(container.getContainerId())
                    .exec(end);
            Readiness.await(
                    command,
                    () -> Readiness.listens(command, paths, address),
                    moment -> end.awaitCompletion(moment.toMillis(), TimeUnit.MILLISECONDS),
                    handle);
        }
        return new RunningServer(address, command.export(), handle);
    }

    @Override
    public void close() throws IOException {
        mine.forEach(Handle::kill);
        LocalProcesses.deleteAll(directory);
    }

    /** Returns a container that runs the line, starts it and does not wait: some servers serve one client only. */
    private GenericContainer<?> container(List<String> line) {
        var share = new Bind(directory.toString(), new Volume(directory.toString()));
        return new GenericContainer<>(IMAGE)
                .withCommand(line.toArray(String[]::new))
                .withExposedPorts(PORT)
                .withCreateContainerCmdModifier(
                        create -> Objects.requireNonNull(create.getHostConfig()).withBinds(share))
                .waitingFor(new AbstractWaitStrategy() {
                    @Override
                    protected void waitUntilReady() {}
                });
    }

    private record Handle(GenericContainer<?> container) implements RunningServer.Handle {
        @Override
        public void kill() {
            container.stop();
        }

        @Override
        public String log() {
            return container.isCreated()
                    ? container.getLogs(OutputFrame.OutputType.STDOUT, OutputFrame.OutputType.STDERR)
                    : "";
        }
    }
}
