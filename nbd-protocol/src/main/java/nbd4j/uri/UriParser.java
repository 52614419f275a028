// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

import java.net.IDN;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads the raw text of a URI: splits first, decodes each part once, and guesses nothing.
 *
 * <p>{@code java.net.URI} is not used: it loses the user and the port of hosts it finds unusual, turns broken UTF-8 into
 * replacement characters and accepts text outside ASCII.
 *
 * <p>Source: uri.md; RFC 3986, section 3.
 */
final class UriParser {
    /** Enough for every part at its longest with every byte escaped; refuses absurd text before looking at it. */
    private static final int MAXIMUM_LENGTH = 64 * 1024;

    private static final Set<String> KEYS = new TreeSet<>(
            Set.of("socket", "tls-certificates", "tls-hostname", "tls-psk-file", "tls-type", "tls-verify-peer"));

    private static final String HINT =
            "an NBD URI begins with nbd://, nbds://, nbd+unix://, nbds+unix://, nbd+vsock:// or"
                    + " nbds+vsock://, for example nbd://host/export or nbd+unix:///export?socket=/path";

    private UriParser() {}

    static NbdUri parse(String text) {
        try {
            return parts(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("\"%s\": %s".formatted(Shown.uri(text), e.getMessage()), e.getCause());
        }
    }

    private static NbdUri parts(String text) {
        if (text.length() > MAXIMUM_LENGTH) {
            throw refusal(
                    "the URI is %d characters long, at most %d are allowed".formatted(text.length(), MAXIMUM_LENGTH));
        }
        requireUriCharacters(text);
        int separator = text.indexOf("://");
        if (separator < 0 || !isScheme(text.substring(0, separator))) {
            throw refusal(HINT + suggestion(text));
        }
        String scheme = text.substring(0, separator).toLowerCase(Locale.ROOT);
        String rest = text.substring(separator + 3);
        if (rest.indexOf('#') >= 0) {
            throw refusal("a fragment, after '#', is not part of an NBD URI; write %23 for a '#' in a name");
        }
        int question = rest.indexOf('?');
        String query = question < 0 ? "" : rest.substring(question + 1);
        String hierarchy = question < 0 ? rest : rest.substring(0, question);
        int slash = hierarchy.indexOf('/');
        String authority = slash < 0 ? hierarchy : hierarchy.substring(0, slash);
        String path = slash < 0 ? "" : hierarchy.substring(slash + 1);
        requireNoBracket("export name", path);
        requireNoBracket("query", query);

        int at = authority.lastIndexOf('@');
        Optional<String> user = at < 1 ? Optional.empty() : Optional.of(user(authority.substring(0, at)));
        var parameters = new Parameters(query);
        String server = authority.substring(at + 1);
        NbdAddress address = switch (scheme) {
            case "nbd", "nbds" -> tcp(server, parameters);
            case "nbd+unix", "nbds+unix" -> unix(server, parameters);
            case "nbd+vsock", "nbds+vsock" -> vsock(server, parameters);
            case "nbd+ssh", "nbds+ssh" ->
                throw refusal("NBD over ssh is not supported; forward the port with ssh -L and use nbd://");
            default -> throw refusal("scheme %s is not supported; %s".formatted(scheme, HINT));
        };
        boolean tls = scheme.startsWith("nbds");
        if (!tls) {
            parameters.refuseTls();
        }
        return new NbdUri(
                address,
                PercentCoding.decode("export name", path),
                tls,
                user,
                parameters.tlsType(),
                parameters.text("tls-hostname").map(UriParser::asciiHost),
                parameters.tlsVerifyPeer(),
                parameters.text("tls-certificates"),
                parameters.text("tls-psk-file"));
    }

    private static void requireUriCharacters(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean allowed = Hosts.isAsciiLetter(c) || Hosts.isDigit(c) || "-._~:/?#[]@!$&'()*+,;=%".indexOf(c) >= 0;
            if (!allowed) {
                throw refusal("character %s at index %d must be percent-encoded"
                        .formatted(Shown.character(text.codePointAt(i)), i));
            }
        }
    }

    private static void requireNoBracket(String what, String text) {
        if (text.indexOf('[') >= 0 || text.indexOf(']') >= 0) {
            throw refusal("the %s contains a bracket; write %%5B for '[' and %%5D for ']'".formatted(what));
        }
    }

    private static boolean isScheme(String text) {
        return text.chars()
                .allMatch(c -> Hosts.isAsciiLetter((char) c) || Hosts.isDigit((char) c) || "+-.".indexOf(c) >= 0);
    }

    private static String suggestion(String text) {
        if (text.startsWith("/")) {
            return "; for a Unix socket write nbd+unix:///?socket=/path";
        }
        if (text.startsWith("nbd:") || text.startsWith("nbds:")) {
            return "; qemu's own form nbd:host:port is not supported";
        }
        return "";
    }

    private static String user(String text) {
        if (text.indexOf(':') >= 0) {
            throw refusal("a password in the URI is not allowed; it would show in lists of processes and in logs");
        }
        return PercentCoding.decode("user name", text);
    }

    private static NbdAddress tcp(String server, Parameters parameters) {
        parameters.refuseSocket();
        if (server.startsWith("[")) {
            int end = server.indexOf(']');
            if (end < 0) {
                throw refusal("the IPv6 address has no closing bracket");
            }
            String host = PercentCoding.decode("IPv6 address", server.substring(1, end));
            if (!Hosts.isIpv6(host)) {
                throw refusal("what stands in brackets is not an IPv6 address");
            }
            String port = server.substring(end + 1);
            if (!port.isEmpty() && port.charAt(0) != ':') {
                throw refusal("only a colon and a port may follow the IPv6 address");
            }
            return new NbdAddress.Tcp(host, (int) port(port.isEmpty() ? "" : port.substring(1), 65535));
        }
        int colon = server.indexOf(':');
        String host = colon < 0 ? server : server.substring(0, colon);
        String port = colon < 0 ? "" : server.substring(colon + 1);
        if (port.indexOf(':') >= 0) {
            throw refusal("there is more than one colon; an IPv6 address must stand in brackets: nbd://[::1]/export");
        }
        if (host.isEmpty() && colon >= 0) {
            throw refusal("there is a port, but no host");
        }
        String decoded = host.isEmpty() ? "localhost" : asciiHost(PercentCoding.decode("host", host));
        if (decoded.indexOf(':') >= 0) {
            throw refusal("an IPv6 address must stand in brackets: nbd://[::1]/export");
        }
        return new NbdAddress.Tcp(decoded, (int) port(port, 65535));
    }

    /** Returns a name outside ASCII in the form that the domain name system and certificates use. */
    private static String asciiHost(String host) {
        if (host.chars().allMatch(c -> c < 0x80)) {
            return host;
        }
        try {
            return IDN.toASCII(host);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the host is not an internationalized domain name", e);
        }
    }

    private static NbdAddress unix(String server, Parameters parameters) {
        if (!server.isEmpty()) {
            throw refusal(
                    "a Unix socket has neither host nor port; write %s".formatted("nbd+unix:///export?socket=/path"));
        }
        return new NbdAddress.Unix(parameters
                .text("socket")
                .orElseThrow(() -> refusal("the socket parameter is missing: nbd+unix:///export?socket=/path")));
    }

    private static NbdAddress vsock(String server, Parameters parameters) {
        parameters.refuseSocket();
        int colon = server.indexOf(':');
        String cid = colon < 0 ? server : server.substring(0, colon);
        String port = colon < 0 ? "" : server.substring(colon + 1);
        long context = cid.isEmpty() ? NbdAddress.Vsock.HOST_CID : number("vsock context", cid, 0, 0xFFFF_FFFFL);
        return new NbdAddress.Vsock(context, port(port, 0xFFFF_FFFFL));
    }

    private static long port(String text, long maximum) {
        return text.isEmpty() ? NbdAddress.DEFAULT_PORT : number("port", text, 1, maximum);
    }

    private static long number(String what, String text, long minimum, long maximum) {
        boolean digits = text.length() <= 10 && text.chars().allMatch(c -> Hosts.isDigit((char) c));
        long value = digits ? Long.parseLong(text) : -1;
        if (value < minimum || value > maximum) {
            throw refusal("the %s is not a decimal number from %d to %d".formatted(what, minimum, maximum));
        }
        return value;
    }

    private static IllegalArgumentException refusal(String message) {
        return new IllegalArgumentException(message);
    }

    /** The query: split at {@code &} first, then at the first {@code =}, then decoded; a plus is a plus. */
    private static final class Parameters {
        private final Map<String, String> values = new LinkedHashMap<>();

        Parameters(String query) {
            if (query.isEmpty()) {
                return;
            }
            for (String pair : query.split("&", -1)) {
                int equals = pair.indexOf('=');
                String key = PercentCoding.decode("query", equals < 0 ? pair : pair.substring(0, equals));
                if (key.startsWith("x-")) {
                    continue;
                }
                if (!KEYS.contains(key)) {
                    throw refusal("parameter \"%s\" is not known; allowed are %s and those that begin with x-"
                            .formatted(Shown.uri(key), String.join(", ", KEYS)));
                }
                String value = PercentCoding.decode(key + " parameter", equals < 0 ? "" : pair.substring(equals + 1));
                if (value.isEmpty()) {
                    throw refusal("the %s parameter is empty".formatted(key));
                }
                if (values.putIfAbsent(key, value) != null) {
                    throw refusal("the %s parameter is given twice".formatted(key));
                }
            }
        }

        Optional<String> text(String key) {
            return Optional.ofNullable(values.get(key));
        }

        void refuseSocket() {
            if (values.containsKey("socket")) {
                throw refusal("the socket parameter is only allowed with nbd+unix:// and nbds+unix://");
            }
        }

        void refuseTls() {
            for (String key : values.keySet()) {
                if (key.startsWith("tls-")) {
                    throw refusal("the %s parameter is only allowed with TLS: nbds:// or nbds+unix://".formatted(key));
                }
            }
        }

        Optional<TlsType> tlsType() {
            return text("tls-type")
                    .map(value -> Arrays.stream(TlsType.values())
                            .filter(type -> type.parameter().equals(value))
                            .findFirst()
                            .orElseThrow(() -> refusal(
                                    "tls-type is \"%s\"; allowed are anon, x509 and psk".formatted(Shown.uri(value)))));
        }

        boolean tlsVerifyPeer() {
            return switch (text("tls-verify-peer").orElse("1").toLowerCase(Locale.ROOT)) {
                case "1", "true", "t", "yes", "y", "on" -> true;
                case "0", "false", "f", "no", "n", "off" -> false;
                default -> throw refusal("tls-verify-peer is neither 0 nor 1");
            };
        }
    }
}
