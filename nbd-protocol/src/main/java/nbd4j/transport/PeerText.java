// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/** Addresses as text that is safe in messages and logs. */
final class PeerText {
    private PeerText() {}

    static String of(SocketAddress address) {
        return switch (address) {
            case InetSocketAddress inet when inet.getAddress() != null -> of(inet.getAddress(), inet.getPort());
            case InetSocketAddress inet -> hostAndPort(inet.getHostString(), inet.getPort());
            case UnixDomainSocketAddress unix -> path(unix.getPath().toString());
            default -> path(address.toString());
        };
    }

    /** Returns {@code 127.0.0.1:10809} or {@code [::1]:10809}. */
    static String of(InetAddress address, int port) {
        String text = address.getHostAddress();
        return address instanceof Inet6Address ? "[" + text + "]:" + port : text + ":" + port;
    }

    /** Returns {@code host:10809} or, for the text of an IPv6 address, {@code [::1]:10809}. */
    static String hostAndPort(String host, int port) {
        String shown = path(host);
        return shown.indexOf(':') >= 0 ? "[" + shown + "]:" + port : shown + ":" + port;
    }

    /** Returns a socket's path, with all that is not printable ASCII as {@code \}{@code u{NNNN}}. */
    static String path(String path) {
        if (path.chars().allMatch(c -> c >= 0x20 && c < 0x7F)) {
            return path;
        }
        var out = new StringBuilder();
        path.codePoints().forEach(c -> {
            if (c >= 0x20 && c < 0x7F) {
                out.append((char) c);
            } else {
                out.append("\\u{%x}".formatted(c));
            }
        });
        return out.toString();
    }
}
