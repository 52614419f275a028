// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes NBD URIs.
 *
 * <p>Source: uri.md of the NBD project.
 */
final class ServerUris {
    private static final String UNRESERVED = "-._~";

    private ServerUris() {}

    static URI tcp(InetSocketAddress address, String exportName, boolean tls) {
        var host = address.getAddress().getHostAddress();
        if (address.getAddress() instanceof Inet6Address) {
            int zone = host.indexOf('%');
            host = "[" + (zone < 0 ? host : host.substring(0, zone)) + "]";
        }
        return URI.create((tls ? "nbds://" : "nbd://") + host + ":" + address.getPort() + path(exportName));
    }

    static URI unix(Path socket, String exportName, boolean tls) {
        return URI.create((tls ? "nbds+unix://" : "nbd+unix://") + "/" + escape(exportName) + "?socket="
                + escape(socket.toAbsolutePath().toString()).replace("%2F", "/"));
    }

    private static String path(String exportName) {
        return exportName.isEmpty() ? "" : "/" + escape(exportName);
    }

    private static String escape(String text) {
        var escaped = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (b > 0 && (Character.isLetterOrDigit(b) || UNRESERVED.indexOf(b) >= 0)) {
                escaped.append((char) b);
            } else {
                escaped.append('%').append(String.format("%02X", b & 0xff));
            }
        }
        return escaped.toString();
    }
}
