// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A certificate for localhost, made with {@code openssl} for one run. */
public final class Certificates {
    /** The name in the certificate. */
    public static final String NAME = "localhost";

    private static final String PASSWORD = "for-one-run";

    private Certificates() {}

    /** Makes a folder with files of the names that nbdkit, libnbd, qemu and nbd4j expect. */
    public static Path make(Path folder) throws IOException, InterruptedException {
        Files.createDirectory(folder);
        String ca = folder.resolve("ca-cert.pem").toString();
        String caKey = folder.resolve("ca-key.pem").toString();
        String key = folder.resolve("server-key.pem").toString();
        String certificate = folder.resolve("server-cert.pem").toString();
        String request = folder.resolve("server.csr").toString();
        Path names = Files.writeString(folder.resolve("names"), "subjectAltName=DNS:" + NAME + "\n");
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=nbd4j -keyout", caKey, "-out", ca);
        openssl("req -newkey rsa:2048 -nodes -subj /CN=" + NAME + " -keyout", key, "-out", request);
        openssl(
                "x509 -req -CAcreateserial -days 2 -in",
                request,
                "-CA",
                ca,
                "-CAkey",
                caKey,
                "-extfile",
                names.toString(),
                "-out",
                certificate);
        openssl(
                "pkcs12 -export -passout pass:" + PASSWORD + " -inkey",
                key,
                "-in",
                certificate,
                "-out",
                folder.resolve("server.p12").toString());
        return folder;
    }

    /** Returns what a server in this JVM shows of a folder made here. */
    static SSLContext server(Path folder) throws IOException, GeneralSecurityException {
        var keys = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(folder.resolve("server.p12"))) {
            keys.load(in, PASSWORD.toCharArray());
        }
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD.toCharArray());
        var context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    private static void openssl(String words, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(words.split(" ", -1)));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output);
        }
    }
}
