// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

import java.util.ArrayList;
import java.util.List;

/** Writes the one canonical text of a URI: defaults left out, all that is not plain percent-encoded. */
final class UriPrinter {
    private UriPrinter() {}

    static String print(NbdUri uri) {
        var out = new StringBuilder(uri.tls() ? "nbds" : "nbd");
        out.append(transport(uri.address())).append("://");
        uri.user().ifPresent(user -> out.append(encodeName(user)).append('@'));
        out.append(hostAndPort(uri.address())).append('/').append(encode(uri.exportName()));
        List<String> parameters = parameters(uri);
        if (!parameters.isEmpty()) {
            out.append('?').append(String.join("&", parameters));
        }
        return out.toString();
    }

    // No switches over types: see docs/decisions/launcher.md, "What a start must not touch".
    private static String transport(NbdAddress address) {
        if (address instanceof NbdAddress.Tcp) {
            return "";
        }
        return address instanceof NbdAddress.Unix ? "+unix" : "+vsock";
    }

    private static String hostAndPort(NbdAddress address) {
        if (address instanceof NbdAddress.Tcp(String host, int port)) {
            return host(host) + port(port);
        }
        return address instanceof NbdAddress.Vsock(long cid, long port) ? cid + port(port) : "";
    }

    private static String host(String host) {
        return host.indexOf(':') < 0 ? encodeName(host) : "[" + host.replace("%", "%25") + "]";
    }

    private static String port(long port) {
        return port == NbdAddress.DEFAULT_PORT ? "" : ":" + port;
    }

    private static List<String> parameters(NbdUri uri) {
        var parameters = new ArrayList<String>();
        if (uri.address() instanceof NbdAddress.Unix(String path)) {
            parameters.add("socket=" + encode(path));
        }
        uri.tlsType().ifPresent(type -> parameters.add("tls-type=" + type.parameter()));
        uri.tlsHostname().ifPresent(name -> parameters.add("tls-hostname=" + encode(name)));
        if (!uri.tlsVerifyPeer()) {
            parameters.add("tls-verify-peer=0");
        }
        uri.tlsCertificates().ifPresent(directory -> parameters.add("tls-certificates=" + encode(directory)));
        uri.tlsPskFile().ifPresent(file -> parameters.add("tls-psk-file=" + encode(file)));
        return parameters;
    }

    private static String encodeName(String text) {
        return PercentCoding.encodeName("URI", text);
    }

    private static String encode(String text) {
        return PercentCoding.encode("URI", text);
    }
}
