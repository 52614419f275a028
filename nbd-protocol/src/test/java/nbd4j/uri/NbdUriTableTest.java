// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every URI of the conformance checklist, section 2.5, by its ID, and some more. */
class NbdUriTableTest {
    private static final String NAME_4096 = "n".repeat(4096);

    static Stream<Arguments> accepted() {
        return Stream.of(
                ok("URI-01", "nbd://example.com", tcp("example.com")),
                ok("URI-02", "nbd://example.com/", tcp("example.com")),
                ok("URI-03", "nbd://example.com/disk", tcp("example.com").withExportName("disk")),
                ok("URI-04", "nbd://example.com//disk", tcp("example.com").withExportName("/disk")),
                ok("URI-05", "nbd://example.com/a/b/c", tcp("example.com").withExportName("a/b/c")),
                ok(
                        "URI-06",
                        "nbd://example.com:10810/disk",
                        tcp("example.com", 10810).withExportName("disk")),
                ok("URI-07", "nbd://example.com:/disk", tcp("example.com").withExportName("disk")),
                ok("URI-11", "nbd://[::1]:10809/disk", tcp("::1").withExportName("disk")),
                ok("URI-13", "nbd://[fe80::1%25eth0]/", tcp("fe80::1%eth0")),
                ok("URI-14", "NBD://example.com/Disk", tcp("example.com").withExportName("Disk")),
                ok(
                        "URI-15",
                        "nbd://example.com/hello%20world",
                        tcp("example.com").withExportName("hello world")),
                ok("URI-16", "nbd://example.com/%E2%82%AC", tcp("example.com").withExportName("€")),
                ok("URI-20", "nbd://example.com/a+b", tcp("example.com").withExportName("a+b")),
                ok(
                        "URI-21",
                        "nbds://alice@example.com/d",
                        tcp("example.com").withExportName("d").withTls().withUser("alice")),
                ok(
                        "URI-22",
                        "nbds://example.com/?tls-verify-peer=0",
                        tcp("example.com").withTlsVerifyPeer(false)),
                ok(
                        "URI-24",
                        "nbd+unix:///disk?socket=/tmp/nbd.sock",
                        unix("/tmp/nbd.sock").withExportName("disk")),
                ok("URI-25", "nbd+unix://?socket=/tmp/nbd.sock", unix("/tmp/nbd.sock")),
                ok("URI-27", "nbd+unix:///?socket=%00/abstract", unix("\0/abstract")),
                ok(
                        "URI-29",
                        "nbds+unix://alice@/?socket=/tmp/n.sock&tls-hostname=srv",
                        unix("/tmp/n.sock").withUser("alice").withTlsHostname("srv")),
                ok("URI-30", "nbd+vsock://2:10809/e", vsock(2, 10809).withExportName("e")),
                ok(
                        "URI-33",
                        "nbd+unix:///d?socket=/tmp/a;tls-hostname=h",
                        unix("/tmp/a;tls-hostname=h").withExportName("d")),
                ok("URI-34", "nbd+unix:///?socket=/tmp/a%20b", unix("/tmp/a b")),
                ok("URI-34 plus", "nbd+unix:///?socket=/tmp/a+b", unix("/tmp/a+b")),
                ok("URI-36 x-", "nbd://example.com/?x-foo=1&x-foo=2", tcp("example.com")),
                ok("URI-37", "nbds://h/?tls-type=psk", tcp("h").withTlsType(TlsType.PSK)),
                ok("URI-38", "nbds://h/?tls-psk-file=/etc/psk", tcp("h").withTlsPskFile(Path.of("/etc/psk"))),
                ok("URI-40", "nbd://example.com/../x", tcp("example.com").withExportName("../x")),
                ok("URI-43", "nbd://h/" + NAME_4096, tcp("h").withExportName(NAME_4096)),
                ok("URI-44", "nbd://@h/", tcp("h")),
                ok("URI-48", "nbd://h/%2Fdisk", tcp("h").withExportName("/disk")),
                ok("host left out", "nbd:///x", tcp("localhost").withExportName("x")),
                ok("nothing at all", "nbd://", tcp("localhost")),
                ok("scheme in capitals", "nbd+UNIX:///?socket=relative.sock", unix("relative.sock")),
                ok("escape only decoded once", "nbd://h/%2541", tcp("h").withExportName("%41")),
                ok("escaped host", "nbd://ex%61mple/", tcp("example")),
                ok(
                        "host with underscore",
                        "nbd://under_score/x",
                        tcp("under_score").withExportName("x")),
                ok("international host", "nbd://b%C3%BCcher.example/", tcp("xn--bcher-kva.example")),
                ok("IPv4 tail", "nbd://[::ffff:127.0.0.1]/", tcp("::ffff:127.0.0.1")),
                ok("vsock defaults", "nbds+vsock:///", vsock(2, 10809).withTls()),
                ok("vsock limits", "nbd+vsock://4294967295:4294967295/", vsock(0xFFFF_FFFFL, 0xFFFF_FFFFL)),
                ok("empty query", "nbd://h/x?", tcp("h").withExportName("x")),
                ok("question mark in a value", "nbd+unix:///?socket=/a?b=c", unix("/a?b=c")),
                ok("user in clear", "nbd://bob@h/", tcp("h").withUser("bob")),
                ok("colon and at sign in the name", "nbd://h/a:b@c", tcp("h").withExportName("a:b@c")),
                ok(
                        "directory of certificates",
                        "nbds://h/?tls-certificates=/etc/pki&tls-type=x509",
                        tcp("h").withTlsCertificates(Path.of("/etc/pki")).withTlsType(TlsType.X509)),
                ok("verify on", "nbds://h/?tls-verify-peer=YES", tcp("h").withTls()));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                no("URI-08", "nbd://example.com:0/disk", "the port is not a decimal number from 1 to 65535"),
                no("URI-09", "nbd://example.com:65536/disk", "the port is not a decimal number from 1 to 65535"),
                no("URI-10", "nbd://example.com:abc/disk", "the port is not a decimal number"),
                no("URI-12", "nbd://::1/disk", "an IPv6 address must stand in brackets"),
                no("URI-17", "nbd://example.com/%FF%FE", "the export name is not UTF-8"),
                no("URI-18", "nbd://example.com/nul%00tail", "the export name contains a NUL"),
                no("URI-19", "nbd://example.com/bad%zz", "two hexadecimal digits do not follow"),
                no("URI-23", "nbds://example.com/?tls-verify-peer=maybe", "tls-verify-peer is neither 0 nor 1"),
                no("URI-26", "nbd+unix:///disk", "the socket parameter is missing"),
                no("URI-28", "nbd://example.com/d?socket=/tmp/x", "only allowed with nbd+unix://"),
                no("URI-31", "nbd+unix:///d?socket=", "the socket parameter is empty"),
                no("URI-31 no value", "nbd+unix:///d?socket", "the socket parameter is empty"),
                no("URI-32", "nbd+unix:///d?socket=/tmp/a&socket=/tmp/b", "the socket parameter is given twice"),
                no("URI-35", "nbd+unix://host:99/d?socket=/tmp/x", "a Unix socket has neither host nor port"),
                no("URI-36", "nbd://example.com/?unknown=1", "parameter \"unknown\" is not known; allowed are socket,"),
                no("URI-39", "nbd://example.com/disk#frag", "a fragment, after '#', is not part of an NBD URI"),
                no("URI-41 a", "nbd:/disk", "begins with nbd://"),
                no("URI-41 b", "nbd:disk", "begins with nbd://"),
                no("URI-41 c", "nbd:unix:/tmp/s", "qemu's own form nbd:host:port is not supported"),
                no("URI-41 d", "nbd:h:10809:exportname=x", "qemu's own form nbd:host:port is not supported"),
                no("URI-42 a", "/tmp/sock", "for a Unix socket write nbd+unix:///?socket=/path"),
                no("URI-42 b", "localhost:10809", "begins with nbd://"),
                no("URI-42 c", "", "begins with nbd://"),
                no("URI-42 d", "http://h/", "scheme http is not supported"),
                no("URI-42 e", "nbd+tcp://h/", "scheme nbd+tcp is not supported"),
                no("URI-43", "nbd://h/" + NAME_4096 + "n", "4097 bytes long, at most 4096 are allowed"),
                no("URI-45", "nbd://alice:pw@h/", "a password in the URI is not allowed"),
                no("URI-46 a", "nbd://h/hello world", "character ' ' at index 13 must be percent-encoded"),
                no("URI-46 b", "nbd://h/€", "character '\\u{20ac}' at index 8 must be percent-encoded"),
                no("URI-46 c", " nbd://h/", "character ' ' at index 0"),
                no("URI-46 d", "nbd://h/ ", "character ' ' at index 8"),
                no("URI-47", "nbd+ssh://server/x", "NBD over ssh is not supported"),
                no("URI-49", "nbd://h?tls-hostname=x", "the tls-hostname parameter is only allowed with TLS"),
                no("misspelt", "nbds://h/?tls-verifypeer=1", "parameter \"tls-verifypeer\" is not known"),
                no("key in capitals", "nbds://h/?TLS-Hostname=h", "\"TLS-Hostname\" is not known"),
                no("user as parameter", "nbds://h/?tls-username=alice", "\"tls-username\" is not known"),
                no("type", "nbds://h/?tls-type=x510", "allowed are anon, x509 and psk"),
                no("twice", "nbds://h/?tls-hostname=a&tls-hostname=a", "given twice"),
                no("twice, once escaped", "nbds://h/?tls-hostname=a&tls%2Dhostname=b", "given twice"),
                no("trailing ampersand", "nbd://h/?x-a=1&", "parameter \"\" is not known"),
                no("no closing bracket", "nbd://[::1/", "no closing bracket"),
                no("not IPv6", "nbd://[::1::2]/", "not an IPv6 address"),
                no("too many groups", "nbd://[1:2:3:4:5:6:7:8:9]/", "not an IPv6 address"),
                no("gap that stands for nothing", "nbd://[1:2:3:4::5:6:7:8]/", "not an IPv6 address"),
                no("text behind the bracket", "nbd://[::1]x/", "only a colon and a port may follow"),
                no("zone not escaped", "nbd://[fe80::1%eth0]/", "two hexadecimal digits do not follow"),
                no("IPv6 by escapes", "nbd://%3A%3A1/", "must stand in brackets"),
                no("bracket in the name", "nbd://h/a[1]", "%5B"),
                no("signed port", "nbd://h:+1/", "the port is not a decimal number"),
                no("port without a host", "nbd://:10809/", "there is a port, but no host"),
                no("half an escape", "nbd://h/%2", "two hexadecimal digits do not follow"),
                no("NUL inside the path", "nbd+unix:///?socket=/a%00b", "only a first one is allowed"),
                no("NUL in the user", "nbds://a%00b@h/", "the user name contains a NUL"),
                no("colon in the user by an escape", "nbds://a%3Ab@h/", "the user name contains a colon"),
                no("path of 107 bytes", "nbd+unix:///?socket=/" + "p".repeat(106), "107 bytes long, at most 106"),
                no("vsock context", "nbd+vsock://host/", "the vsock context is not a decimal number"),
                no("vsock port", "nbd+vsock://2:4294967296/", "from 1 to 4294967295"),
                no("slash in the host", "nbd://a%2Fb/", "the host contains '/'"),
                no("option as a host", "nbd://-oProxy/", "the host begins with '-'"),
                no("overlong UTF-8", "nbd://h/%C0%AF", "not UTF-8"),
                no("absurd length", "nbd://h/" + "a".repeat(70_000), "at most 65536 are allowed"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource
    void accepted(String id, String text, NbdUri expected) {
        NbdUri uri = NbdUri.parse(text);

        assertThat(uri).as(id).isEqualTo(expected);
        assertThat(NbdUri.parse(uri.toString())).as("what it prints").isEqualTo(uri);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource
    void refused(String id, String text, String reason) {
        assertThatThrownBy(() -> NbdUri.parse(text))
                .as(id)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason)
                .message()
                .matches("[\\x20-\\x7e…]*")
                .hasSizeLessThan(700);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nbd://h", "nbds://h/disk", "nbd://h:/disk", "nbd://[::1]/", "nbd://"})
    void hs15_assumesThePortOfIana(String text) {
        assertThat(NbdUri.parse(text).address())
                .isInstanceOfSatisfying(
                        NbdAddress.Tcp.class, tcp -> assertThat(tcp.port()).isEqualTo(10809));
    }

    private static Arguments ok(String id, String text, NbdUri expected) {
        return Arguments.of(id, text, expected);
    }

    private static Arguments no(String id, String text, String reason) {
        return Arguments.of(id, text, reason);
    }

    private static NbdUri tcp(String host) {
        return NbdUri.tcp(host);
    }

    private static NbdUri tcp(String host, int port) {
        return NbdUri.tcp(host, port);
    }

    private static NbdUri unix(String path) {
        return NbdUri.of(new NbdAddress.Unix(path));
    }

    private static NbdUri vsock(long cid, long port) {
        return NbdUri.of(new NbdAddress.Vsock(cid, port));
    }
}
