// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import nbd4j.client.NbdConnection;
import nbd4j.model.Export;
import nbd4j.model.NbdCommandException;

/** Asks file(1) what the first bytes of an export are. */
final class Content {
    /** What nbdinfo gives it. Boot sectors, partition tables and superblocks are in there. */
    private static final int BYTES = 8192;

    /** Longer descriptions are cut. */
    private static final int MAXIMUM_ANSWER = 4096;

    private static final long LIMIT_SECONDS = 10;

    private Content() {}

    /** Returns the answer, on one line; nothing if the bytes cannot be read or there is no file(1). */
    static Optional<String> of(NbdConnection connection) throws IOException {
        byte[] bytes;
        try {
            bytes = firstBytes(connection);
        } catch (NbdCommandException e) {
            return Optional.empty(); // The rest of the report is worth having, and that one is not needed for it.
        }
        return ask(bytes);
    }

    private static byte[] firstBytes(NbdConnection connection) throws IOException {
        Export export = connection.export();
        int minimum = export.blockSizes().minimum();
        long addressable = export.size() - export.size() % minimum;
        int length = Math.toIntExact(Math.min(Math.max(BYTES, minimum), addressable));
        byte[] bytes = new byte[length];
        connection.read(0, ByteBuffer.wrap(bytes));
        return length <= BYTES ? bytes : java.util.Arrays.copyOf(bytes, BYTES);
    }

    @SuppressWarnings("EmptyCatch") // a program that has seen enough closes its end early
    private static Optional<String> ask(byte[] bytes) throws IOException {
        Process file;
        try {
            file = new ProcessBuilder("file", "-b", "-")
                    .redirectError(Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return Optional.empty();
        }
        try (OutputStream in = file.getOutputStream()) {
            in.write(bytes);
        } catch (IOException e) {
            // Its answer counts.
        }
        try {
            byte[] answer = file.getInputStream().readNBytes(MAXIMUM_ANSWER);
            if (!file.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || file.exitValue() != 0) {
                return Optional.empty();
            }
            return firstLine(new String(answer, StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            file.destroyForcibly();
        }
    }

    private static Optional<String> firstLine(String answer) {
        int end = answer.indexOf('\n');
        String line = OneLine.of(end < 0 ? answer : answer.substring(0, end));
        return line.isEmpty() ? Optional.empty() : Optional.of(line);
    }
}
