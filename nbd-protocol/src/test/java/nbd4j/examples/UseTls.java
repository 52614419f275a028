// SPDX-License-Identifier: Apache-2.0
package nbd4j.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.client.TlsOptions;

/** Connects with certificates of one's own. */
final class UseTls {
    private UseTls() {}

    // @start region="tls"
    /** Reads over TLS; the URI begins with nbds://, the directory has ca-cert.pem, client-cert.pem and client-key.pem. */
    static ByteBuffer read(String uri, Path certificates, long offset, int length) throws IOException {
        ConnectOptions options =
                ConnectOptions.defaults().withTls(TlsOptions.defaults().withCertificates(certificates));
        try (NbdConnection disk = NbdClient.connect(uri, options)) {
            ByteBuffer bytes = ByteBuffer.allocate(length);
            disk.read(offset, bytes);
            return bytes.flip();
        }
    }
    // @end
}
