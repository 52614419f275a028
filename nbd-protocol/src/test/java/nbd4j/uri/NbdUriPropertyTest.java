// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Laws that hold for every URI, tried on many that a seeded generator makes. */
class NbdUriPropertyTest {
    /** {@code -Dnbd4j.tries=N} makes more. */
    private static final int TRIES = Integer.getInteger("nbd4j.tries", 2_000);

    /** {@code -Dnbd4j.seed=N} repeats a run. */
    private static final long SEED = Long.getLong("nbd4j.seed", System.nanoTime());

    private static final List<TlsType> TYPES = List.of(TlsType.ANON, TlsType.X509, TlsType.PSK);

    private static final List<String> PIECES = List.of(
            "nbd",
            "nbds",
            "+unix",
            "+vsock",
            "://",
            "[",
            "]",
            "::1",
            "@",
            ":",
            "/",
            "?",
            "#",
            "&",
            "=",
            "socket=",
            "tls-hostname=",
            "tls-type=psk",
            "tls-verify-peer=0",
            "x-",
            "%",
            "%00",
            "%2F",
            "%C3%BC",
            "%FF",
            "host",
            "127.0.0.1",
            "10809",
            "65536",
            "a",
            " ",
            "é",
            "\uD800",
            "\0",
            "\n",
            "..",
            "+",
            ";");

    @Test
    void readsBackWhatItPrints() {
        var random = new Random(SEED);
        for (int i = 0; i < TRIES; i++) {
            NbdUri uri = uri(random);

            assertThat(NbdUri.parse(uri.toString()))
                    .as("seed %d, try %d: %s", SEED, i, uri)
                    .isEqualTo(uri);
        }
    }

    @Test
    void printsOnlyPlainAscii() {
        var random = new Random(SEED);
        for (int i = 0; i < TRIES; i++) {
            String text = uri(random).toString();

            assertThat(text).as("seed %d, try %d", SEED, i).matches("[!-~]*").doesNotContain("'", "\"", "<", ">", "\\");
        }
    }

    @Test
    void refusesOrReadsWhateverComes() {
        var random = new Random(SEED);
        for (int i = 0; i < TRIES; i++) {
            String text =
                    i % 2 == 0 ? pieces(random) : mutated(random, uri(random).toString());
            NbdUri uri;
            try {
                uri = NbdUri.parse(text);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).as("seed %d, try %d", SEED, i).matches("[ -~…]{1,900}");
                continue;
            }
            assertThat(NbdUri.parse(uri.toString()))
                    .as("seed %d, try %d: %s", SEED, i, text)
                    .isEqualTo(uri);
        }
    }

    @Test
    void keepsPasswordsOutOfMessages() {
        var random = new Random(SEED);
        for (int i = 0; i < TRIES; i++) {
            String secret = "s3cr3t";
            String text = mutated(random, "nbd://alice:%s@example.com:10809/disk".formatted(secret));
            if (!text.contains(":" + secret + "@")) {
                continue;
            }
            try {
                // A slash in front of it makes it a part of the export's name, for instance.
                assertThat(NbdUri.parse(text).user().orElse("")).doesNotContain(secret);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage())
                        .as("seed %d, try %d: %s", SEED, i, text)
                        .doesNotContain(secret);
            }
        }
    }

    @Test
    void refusesImpossibleValues() {
        NbdUri uri = NbdUri.tcp("h");
        assertThatThrownBy(() -> uri.withExportName("a\0b")).hasMessage("the export name contains a NUL character");
        assertThatThrownBy(() -> uri.withExportName("\uDC00")).hasMessage("the export name has an unpaired surrogate");
        assertThatThrownBy(() -> uri.withExportName("é".repeat(2049)))
                .hasMessage("the export name is 4098 bytes long, at most 4096 are allowed");
        assertThatThrownBy(() -> uri.withUser("a:b")).hasMessageContaining("a password is not allowed");
        assertThatThrownBy(() -> uri.withUser("")).hasMessage("the user name is empty");
        assertThatThrownBy(() -> NbdUri.tcp("h", 0)).hasMessage("port 0 is not from 1 to 65535");
        assertThatThrownBy(() -> NbdUri.tcp("a b")).hasMessageContaining("the host contains ' '");
        assertThatThrownBy(() -> NbdUri.tcp("")).hasMessage("the host is empty");
        assertThatThrownBy(() -> NbdUri.unix(Path.of("/" + "a".repeat(106))))
                .hasMessage("the path of the Unix socket is 107 bytes long, at most 106 are allowed");
        assertThatThrownBy(() -> NbdUri.of(new NbdAddress.Vsock(-1, 1))).hasMessageContaining("vsock context -1");
    }

    @Test
    void dropsTlsWithItsParameters() {
        NbdUri uri = NbdUri.parse("nbds://alice@h/d?tls-hostname=x&tls-verify-peer=0");

        assertThat(uri.withoutTls()).hasToString("nbd://alice@h/d");
        assertThat(uri.withoutTls().withTls()).hasToString("nbds://alice@h/d");
    }

    private static NbdUri uri(Random random) {
        NbdAddress address = switch (random.nextInt(3)) {
            case 0 -> new NbdAddress.Tcp(host(random), 1 + random.nextInt(65535));
            case 1 -> new NbdAddress.Unix((random.nextInt(5) == 0 ? "\0" : "/") + text(random, 8));
            default -> new NbdAddress.Vsock(random.nextLong(0x1_0000_0000L), random.nextLong(1, 0x1_0000_0000L));
        };
        NbdUri uri = NbdUri.of(address).withExportName(text(random, 30));
        if (random.nextBoolean()) {
            uri = uri.withUser("u" + text(random, 5).replace(":", ""));
        }
        if (random.nextBoolean()) {
            uri = uri.withTlsType(TYPES.get(random.nextInt(TYPES.size()))).withTlsVerifyPeer(random.nextBoolean());
        }
        if (random.nextBoolean()) {
            uri = uri.withTlsHostname(host(random))
                    .withTlsCertificates(Path.of("/" + text(random, 10)))
                    .withTlsPskFile(Path.of("/" + text(random, 10)));
        }
        return uri;
    }

    private static String host(Random random) {
        List<String> hosts =
                List.of("h", "a.example", "127.0.0.1", "::1", "fe80::1%eth0", "under_score", "x.", "1:2:3:4:5:6:7:8");
        return hosts.get(random.nextInt(hosts.size()));
    }

    /** Letters, marks, controls, and characters of two, three and four bytes; no NUL and no lone surrogate. */
    private static String text(Random random, int maximum) {
        var text = new StringBuilder();
        for (int i = random.nextInt(maximum + 1); i > 0; i--) {
            switch (random.nextInt(5)) {
                case 0 -> text.appendCodePoint(0x80 + random.nextInt(0x700));
                case 1 -> text.appendCodePoint(0x1F600 + random.nextInt(50));
                case 2 -> text.appendCodePoint(0x2020 + random.nextInt(0x60));
                default -> text.appendCodePoint(1 + random.nextInt(0x7F));
            }
        }
        return text.toString();
    }

    private static String pieces(Random random) {
        var text = new StringBuilder(random.nextBoolean() ? "nbd://" : "");
        for (int i = random.nextInt(10); i > 0; i--) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return text.toString();
    }

    private static String mutated(Random random, String text) {
        var out = new StringBuilder(text);
        for (int i = 1 + random.nextInt(3); i > 0 && !out.isEmpty(); i--) {
            int at = random.nextInt(out.length());
            switch (random.nextInt(3)) {
                case 0 -> out.deleteCharAt(at);
                case 1 -> out.insert(at, PIECES.get(random.nextInt(PIECES.size())));
                default -> out.setCharAt(at, (char) (0x20 + random.nextInt(0x60)));
            }
        }
        return out.toString();
    }
}
