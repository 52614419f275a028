// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * What TLS is to be made of, with all defaults and precedences settled by the caller.
 *
 * @param context trust and keys made by the caller; comes before {@code certificates}
 * @param certificates directory with {@code ca-cert.pem} and perhaps {@code client-cert.pem}, {@code client-key.pem} and
 *     {@code ca-crl.pem}; without it and a context the system's trust store decides
 * @param pskFile file of lines {@code user:hexkey}; where it is given, certificates play no part
 * @param username which line of the file; default the name of the user who runs this JVM
 * @param hostname the name or IP address that the server's certificate must bear; also the server name that is sent
 * @param verifyPeer whether certificate and name are checked; with a {@code context}, whether the name is: the
 *     certificate is the context's own business then
 */
public record TlsSettings(
        Optional<SSLContext> context,
        Optional<Path> certificates,
        Optional<Path> pskFile,
        Optional<String> username,
        Optional<String> hostname,
        boolean verifyPeer) {}
