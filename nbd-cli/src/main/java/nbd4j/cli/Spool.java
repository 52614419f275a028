// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Holds back a result until it is complete, so that a command that fails has printed nothing. A long one waits in a
 * temporary file that vanishes with the process. Used by one thread.
 */
final class Spool implements Appendable, AutoCloseable {
    /** What to keep in memory before a file is worth it. */
    static final int MEMORY = 8 << 20;

    /** Text is encoded in pieces of this many characters. */
    private static final int PIECE = 16 << 10;

    private final StringBuilder text = new StringBuilder(PIECE + 256);
    private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private final int maximum;
    private @Nullable FileChannel file;
    private @Nullable OutputStream fileOut;

    Spool() {
        this(MEMORY);
    }

    Spool(int maximum) {
        this.maximum = maximum;
    }

    @Override
    public Spool append(CharSequence characters) throws IOException {
        text.append(characters);
        if (text.length() >= PIECE) {
            encode();
        }
        return this;
    }

    @Override
    public Spool append(CharSequence characters, int start, int end) throws IOException {
        return append(characters.subSequence(start, end));
    }

    @Override
    public Spool append(char character) throws IOException {
        text.append(character);
        return this;
    }

    private void encode() throws IOException {
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        text.setLength(0);
        if (fileOut == null && memory.size() + bytes.length > maximum) {
            fileOut = open();
            memory.writeTo(fileOut);
            memory.reset();
        }
        (fileOut == null ? memory : fileOut).write(bytes);
    }

    private OutputStream open() throws IOException {
        Path path = Files.createTempFile("nbd-", ".spool");
        file = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        Files.deleteIfExists(path);
        return Channels.newOutputStream(file);
    }

    /** Prints all that was held back. */
    void release(OutputStream out) throws IOException {
        encode();
        memory.writeTo(out);
        if (file != null) {
            file.position(0);
            Channels.newInputStream(file).transferTo(out);
        }
        out.flush();
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
