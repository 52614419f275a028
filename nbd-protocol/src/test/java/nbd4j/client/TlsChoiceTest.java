// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import nbd4j.model.NbdTlsException;
import nbd4j.transport.TlsSettings;
import nbd4j.uri.NbdUri;
import org.junit.jupiter.api.Test;

final class TlsChoiceTest {
    private static final ConnectOptions TRUSTING = ConnectOptions.defaults().withLocalFilesFromUri(true);

    @Test
    void tls15_checksTheServerByTheHostOfTheUri() throws Exception {
        TlsSettings settings = settings("nbds://server.example/disk", ConnectOptions.defaults());

        assertThat(settings.hostname()).hasValue("server.example");
        assertThat(settings.verifyPeer()).isTrue();
        assertThat(settings.certificates()).isEmpty();
        assertThat(settings.pskFile()).isEmpty();
    }

    @Test
    void theUriComesBeforeTheOptions() throws Exception {
        TlsOptions tls = TlsOptions.defaults()
                .withHostname("other.example")
                .withCertificates(Path.of("/other"))
                .withUsername("bob");

        TlsSettings settings = settings(
                "nbds://alice@server.example/?tls-hostname=name.example&tls-certificates=/uri", TRUSTING.withTls(tls));
        assertThat(settings.hostname()).hasValue("name.example");
        assertThat(settings.certificates()).hasValue(Path.of("/uri"));
        assertThat(settings.username()).hasValue("alice");

        TlsSettings plain = settings("nbds://server.example/", TRUSTING.withTls(tls));
        assertThat(plain.hostname()).hasValue("other.example");
        assertThat(plain.certificates()).hasValue(Path.of("/other"));
        assertThat(plain.username()).hasValue("bob");
    }

    @Test
    void certificatesOfTheUriComeBeforeAnyContextOrKey() throws Exception {
        TlsOptions tls =
                TlsOptions.defaults().withContext(SSLContext.getDefault()).withPskFile(Path.of("/keys"));

        TlsSettings settings = settings("nbds://h/?tls-certificates=/uri", TRUSTING.withTls(tls));

        assertThat(settings.context()).isEmpty();
        assertThat(settings.pskFile()).isEmpty();
    }

    @Test
    void eitherCanSwitchTheCheckOff() throws Exception {
        ConnectOptions off = TRUSTING.withTls(TlsOptions.defaults().withVerifyPeer(false));

        assertThat(settings("nbds://h/?tls-verify-peer=0", TRUSTING).verifyPeer())
                .isFalse();
        assertThat(settings("nbds://h/?tls-verify-peer=1", off).verifyPeer()).isFalse();
        assertThat(settings("nbds://h/", TRUSTING).verifyPeer()).isTrue();
    }

    @Test
    void opensNoFileThatAUriNamesUnlessTheOptionsSaySo() {
        for (String parameter : new String[] {"tls-certificates", "tls-psk-file"}) {
            assertThatThrownBy(() -> settings("nbds://h/?" + parameter + "=/etc/shadow", ConnectOptions.defaults()))
                    .isInstanceOf(NbdTlsException.class)
                    .hasMessageContaining(parameter);
        }
    }

    @Test
    void tls21_refusesWhatCannotBe() {
        assertThatThrownBy(() -> settings("nbds://h/?tls-type=anon", TRUSTING))
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("tls-type=anon");
        assertThatThrownBy(() -> settings("nbds://h/?tls-type=psk", TRUSTING))
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("tls-psk-file");
    }

    @Test
    void tls15_demandsANameForAUnixSocket() {
        assertThatThrownBy(() -> NbdClient.connect("nbds+unix:///?socket=/nonexistent/nbd.sock"))
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("tls-hostname");
    }

    @Test
    void saysWhichFileIsMissingBeforeItConnects() {
        assertThatThrownBy(() -> NbdClient.connect(
                        "nbds+unix:///?socket=/nonexistent/nbd.sock&tls-hostname=h&tls-certificates=/nonexistent/pki",
                        TRUSTING))
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("/nonexistent/pki");
    }

    private static TlsSettings settings(String uri, ConnectOptions options) throws NbdTlsException {
        return TlsChoice.settings(NbdUri.parse(uri), options);
    }
}
