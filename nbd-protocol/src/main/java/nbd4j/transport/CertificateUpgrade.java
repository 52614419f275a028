// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.net.IDN;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TLS with certificates, by the JDK's own engine, which works on any transport. */
final class CertificateUpgrade implements TlsUpgrade {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateUpgrade.class);

    /** Older versions are broken; newer ones do not exist. */
    private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private final SSLContext context;
    private final Optional<String> hostname;
    private final boolean verifyPeer;

    private CertificateUpgrade(SSLContext context, Optional<String> hostname, boolean verifyPeer) {
        this.context = context;
        this.hostname = hostname;
        this.verifyPeer = verifyPeer;
    }

    static CertificateUpgrade of(TlsSettings settings) throws IOException {
        return new CertificateUpgrade(
                context(settings),
                settings.hostname().map(CertificateUpgrade::withoutZoneAndDot),
                settings.verifyPeer());
    }

    private static SSLContext context(TlsSettings settings) throws IOException {
        if (settings.context().isPresent()) {
            return settings.context().get();
        }
        if (settings.certificates().isPresent()) {
            return TlsContexts.ofDirectory(settings.certificates().get(), settings.verifyPeer());
        }
        if (!settings.verifyPeer()) {
            return TlsContexts.trustingAll();
        }
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new SSLException("the system's trust store cannot be loaded: " + e.getMessage(), e);
        }
    }

    @Override
    public Transport upgrade(Transport plain, int readAhead) throws IOException {
        try {
            if (readAhead != 0) {
                throw new SSLException("%s sent %d bytes in the clear behind its consent to TLS, where none are allowed"
                        .formatted(plain.peer(), readAhead));
            }
            return TlsHandshake.run(plain, engine(plain.peer()));
        } catch (IOException | RuntimeException e) {
            plain.close();
            throw e;
        }
    }

    private SSLEngine engine(String peer) throws SSLException {
        if (!verifyPeer) {
            LOG.warn(
                    "{}: the server's certificate is not checked, so that whoever is in between can read and change all"
                            + " data; leave out tls-verify-peer=0 to check it",
                    peer);
        } else if (hostname.isEmpty()) {
            throw new SSLException(("TLS to %s has no name to check the server's certificate against; give it with"
                            + " tls-hostname, or switch the check off with tls-verify-peer=0")
                    .formatted(peer));
        }
        SSLEngine engine =
                hostname.isPresent() ? context.createSSLEngine(hostname.get(), -1) : context.createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(protocols(engine));
        parameters.setEndpointIdentificationAlgorithm(verifyPeer ? "HTTPS" : null);
        parameters.setServerNames(hostname.flatMap(CertificateUpgrade::serverName).stream()
                .map(name -> new SNIHostName(name))
                .map(javax.net.ssl.SNIServerName.class::cast)
                .toList());
        engine.setSSLParameters(parameters);
        return engine;
    }

    private static String[] protocols(SSLEngine engine) throws SSLException {
        List<String> supported = Arrays.asList(engine.getSupportedProtocols());
        String[] protocols = PROTOCOLS.stream().filter(supported::contains).toArray(String[]::new);
        if (protocols.length == 0) {
            throw new SSLException(
                    "the SSLContext supports %s, but only %s are allowed".formatted(supported, PROTOCOLS));
        }
        return protocols;
    }

    /** Returns the name to send to the server, which RFC 6066 allows for names of hosts only. */
    private static Optional<String> serverName(String hostname) {
        if (isAddress(hostname)) {
            return Optional.empty();
        }
        try {
            return Optional.of(IDN.toASCII(hostname, IDN.USE_STD3_ASCII_RULES));
        } catch (IllegalArgumentException e) {
            // An underscore, for instance: good enough for a certificate, not for this extension.
            return Optional.empty();
        }
    }

    private static boolean isAddress(String hostname) {
        return hostname.indexOf(':') >= 0 || IPV4.matcher(hostname).matches();
    }

    /** Certificates know neither the zone of an IPv6 address nor the dot behind a complete name. */
    private static String withoutZoneAndDot(String hostname) {
        int zone = hostname.indexOf('%');
        if (hostname.indexOf(':') >= 0 && zone >= 0) {
            return hostname.substring(0, zone);
        }
        return hostname.length() > 1 && hostname.endsWith(".")
                ? hostname.substring(0, hostname.length() - 1)
                : hostname;
    }
}
