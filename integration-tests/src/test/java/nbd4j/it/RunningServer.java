// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A server that listens, until {@link #kill} or {@link #close}. */
public final class RunningServer implements AutoCloseable {
    /** Where it listens. */
    public sealed interface Address {
        /** A port of this machine. */
        record Tcp(String host, int port) implements Address {}

        /** A socket in the file system. */
        record Unix(Path socket) implements Address {}
    }

    /** The process or container behind it. */
    public interface Handle {
        /** Ends it at once, as SIGKILL does, and returns when it has ended. */
        void kill();

        /** Returns what it printed so far. */
        String log();
    }

    private final Address address;
    private final String export;
    private final Handle handle;

    RunningServer(Address address, String export, Handle handle) {
        this.address = address;
        this.export = export;
        this.handle = handle;
    }

    public Address address() {
        return address;
    }

    /** Returns the URI of the export that the {@link ServerCommand} named. */
    public URI uri() {
        return uri(export);
    }

    /** Returns the URI of any export of this server. */
    public URI uri(String name) {
        var path = "/" + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
        return switch (address) {
            case Address.Tcp tcp -> URI.create("nbd://" + tcp.host() + ":" + tcp.port() + path);
            case Address.Unix unix -> URI.create("nbd+unix://" + path + "?socket=" + unix.socket());
        };
    }

    /** Ends the server as a crash would. */
    public void kill() {
        handle.kill();
    }

    /** Returns what the server printed so far. */
    public String log() {
        return handle.log();
    }

    @Override
    public void close() {
        handle.kill();
    }
}
