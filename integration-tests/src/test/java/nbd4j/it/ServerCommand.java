// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A server to start, without the address, which the {@link ServerProvider} adds.
 *
 * @param kind which program
 * @param arguments its arguments after those for the address
 * @param export name of the export that {@link RunningServer#uri()} points to
 */
public record ServerCommand(Kind kind, List<String> arguments, String export) {
    /** The programs that can be started. */
    public enum Kind {
        NBDKIT,
        QEMU_NBD,
        QEMU_STORAGE_DAEMON,
        NBD_SERVER
    }

    /** Where a server listens. */
    public enum Listen {
        TCP,
        UNIX
    }

    public ServerCommand {
        arguments = List.copyOf(arguments);
    }

    /** Returns nbdkit with these arguments: filters, plugin, parameters. */
    public static ServerCommand nbdkit(String... arguments) {
        return new ServerCommand(Kind.NBDKIT, List.of(arguments), "");
    }

    /** Returns qemu-nbd with these arguments, which end after the first client unless they say {@code -t}. */
    public static ServerCommand qemuNbd(String... arguments) {
        return new ServerCommand(Kind.QEMU_NBD, List.of(arguments), "");
    }

    /** Returns qemu-storage-daemon with these arguments, which name the disks and the exports. */
    public static ServerCommand qemuStorageDaemon(String... arguments) {
        return new ServerCommand(Kind.QEMU_STORAGE_DAEMON, List.of(arguments), "");
    }

    /** Returns nbd-server with one export of a file and settings such as {@code readonly = true}. */
    public static ServerCommand nbdServer(String export, Path file, Map<String, String> settings) {
        var lines = new ArrayList<String>();
        lines.add("[" + export + "]");
        lines.add("exportname = " + file);
        settings.forEach((name, value) -> lines.add(name + " = " + value));
        return new ServerCommand(Kind.NBD_SERVER, lines, export);
    }

    /** Returns the same command with a URI that points to another export. */
    public ServerCommand withExport(String name) {
        return new ServerCommand(kind, arguments, name);
    }

    /** Whether the server leaves the process that was started, so that ending that one is not enough. */
    boolean goesToTheBackground() {
        return kind == Kind.NBD_SERVER;
    }

    /** Returns the whole command line for a server that listens on TCP; it writes the pid file once it does. */
    List<String> onTcp(String host, int port, Paths paths) {
        return switch (kind) {
            case NBDKIT -> line(paths, List.of("-i", host, "-p", String.valueOf(port)));
            case QEMU_NBD -> line(paths, List.of("-b", host, "-p", String.valueOf(port)));
            case QEMU_STORAGE_DAEMON ->
                line(paths, List.of("--nbd-server", "addr.type=inet,addr.host=" + host + ",addr.port=" + port));
            case NBD_SERVER -> nbdServerLine(paths, "listenaddr = " + host, "port = " + port);
        };
    }

    /** Returns the whole command line for a server that listens on a Unix socket; as {@link #onTcp}. */
    List<String> onUnix(Path socket, Paths paths) {
        return switch (kind) {
            case NBDKIT -> line(paths, List.of("-U", socket.toString()));
            case QEMU_NBD -> line(paths, List.of("-k", socket.toString()));
            case QEMU_STORAGE_DAEMON -> line(paths, List.of("--nbd-server", "addr.type=unix,addr.path=" + socket));
            case NBD_SERVER -> nbdServerLine(paths, "unixsock = " + socket);
        };
    }

    /** Whether {@link Paths#pid} tells that the server listens; nbd-server is asked for its greeting instead. */
    boolean writesPid() {
        return kind != Kind.NBD_SERVER;
    }

    private List<String> line(Paths paths, List<String> address) {
        var line = new ArrayList<String>();
        switch (kind) {
            case NBDKIT -> line.addAll(List.of("nbdkit", "-f", "-P", paths.pid().toString()));
            case QEMU_NBD ->
                line.addAll(List.of("qemu-nbd", "--pid-file", paths.pid().toString()));
            case QEMU_STORAGE_DAEMON ->
                line.addAll(
                        List.of("qemu-storage-daemon", "--pidfile", paths.pid().toString()));
            case NBD_SERVER -> throw new IllegalStateException("nbd-server takes a file of settings");
        }
        line.addAll(address);
        line.addAll(arguments);
        return line;
    }

    private List<String> nbdServerLine(Paths paths, String... generic) {
        var lines = new ArrayList<String>(List.of("[generic]"));
        lines.addAll(List.of(generic));
        lines.addAll(arguments);
        paths.writeSettings(lines);
        // It always goes to the background (in the foreground it serves one client only); the shell holds its place.
        return List.of(
                "sh",
                "-c",
                "nbd-server -C \"$0\" && exec sleep 900",
                paths.settings().toString());
    }

    /**
     * The files of one server.
     *
     * @param pid the server writes it when it listens
     * @param settings nbd-server reads it
     */
    public record Paths(Path pid, Path settings) {
        void writeSettings(List<String> lines) {
            try {
                Files.write(settings, lines);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
