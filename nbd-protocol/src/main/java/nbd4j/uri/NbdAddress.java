// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

/**
 * Where an NBD server listens: a TCP port, a Unix socket, or a port of a virtual machine's vsock.
 *
 * <p>Making an address opens nothing and asks no name server. Values are immutable.
 *
 * <p>Source: uri.md.
 */
public sealed interface NbdAddress {
    /** The port that IANA gave to NBD; used where a URI names none. */
    int DEFAULT_PORT = 10809;

    /**
     * A TCP port of a host.
     *
     * @param host a name, an IPv4 address, or an IPv6 address without brackets and perhaps with a zone:
     *     {@code fe80::1%eth0}
     * @param port 1 to 65535
     */
    record Tcp(String host, int port) implements NbdAddress {
        /** Refuses hosts and ports that cannot be. */
        public Tcp {
            Hosts.require(host);
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("port %d is not from 1 to 65535".formatted(port));
            }
        }
    }

    /**
     * A Unix domain socket.
     *
     * @param path the socket's file, absolute or relative to the working directory; a first character NUL stands for
     *     Linux' abstract namespace, which Java cannot reach: such an address can be parsed and printed, not connected
     */
    record Unix(String path) implements NbdAddress {
        /** Longest path in bytes of UTF-8 that the JDK accepts; Linux itself would take one more. */
        public static final int MAXIMUM_PATH_BYTES = 106;

        /** Refuses paths that cannot be. */
        public Unix {
            if (path.isEmpty()) {
                throw new IllegalArgumentException("the path of the Unix socket is empty");
            }
            if (path.indexOf('\0', 1) >= 0) {
                throw new IllegalArgumentException(
                        "the path of the Unix socket contains a NUL character; only a first one is allowed");
            }
            int bytes = PercentCoding.utf8("path of the Unix socket", path).length;
            if (bytes > MAXIMUM_PATH_BYTES) {
                throw new IllegalArgumentException(
                        "the path of the Unix socket is %d bytes long, at most %d are allowed"
                                .formatted(bytes, MAXIMUM_PATH_BYTES));
            }
        }

        /** Returns whether the name is in Linux' abstract namespace instead of the file system. */
        public boolean isAbstract() {
            return path.charAt(0) == '\0';
        }
    }

    /**
     * A port of a virtual machine or of its host. Java has no such sockets: parsed and printed, not connected.
     *
     * @param cid context identifier, unsigned 32 bits; 2 is the host of the virtual machine
     * @param port unsigned 32 bits, not 0
     */
    record Vsock(long cid, long port) implements NbdAddress {
        /** The context identifier of the host; used where a URI names none. */
        public static final long HOST_CID = 2;

        private static final long MAXIMUM = 0xFFFF_FFFFL;

        /** Refuses what does not fit into 32 bits. */
        public Vsock {
            if (cid < 0 || cid > MAXIMUM) {
                throw new IllegalArgumentException("vsock context %d is not from 0 to %d".formatted(cid, MAXIMUM));
            }
            if (port < 1 || port > MAXIMUM) {
                throw new IllegalArgumentException("vsock port %d is not from 1 to %d".formatted(port, MAXIMUM));
            }
        }
    }
}
