// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import nbd4j.client.NbdConnection;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.BlockStatus;
import nbd4j.model.Export;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdCommandException;

/** {@code nbd dump}: the bytes of a disk in hexadecimal. A drop-in for nbddump. */
final class DumpCommand implements Command {
    /** Bytes of one read; a multiple of any minimum block and of a line. */
    private static final int PIECE = 1 << 20;

    @Override
    public Syntax syntax() {
        return new Syntax(
                "dump",
                "Prints the bytes of a disk in hexadecimal and as text.",
                List.of("{} [--length N] [--offset N] NBD", "NBD := NBD-URI | [ CMD ARGS ... ]"),
                List.of(
                        new Syntax.Example("{} --length 512 nbd://localhost", "The first sector."),
                        new Syntax.Example("{} --offset 1G --length 4K nbd://localhost", "A block somewhere else."),
                        new Syntax.Example("{} [ qemu-nbd -r -f qcow2 file.qcow2 ]", "The disk in a qcow2 file.")),
                List.of(
                        Option.value("SIZE", "Print at most so many bytes.", "-n", "--length", "--limit"),
                        Option.value("SIZE", "Begin there. Default: 0.", "--offset"),
                        Option.flag(
                                "Use colours. Default on a terminal.", "--color", "--colour", "--colors", "--colours"),
                        Option.flag("Do not.", "--no-color", "--no-colour", "--no-colors", "--no-colours"),
                        ConnectSettings.TIMEOUT,
                        ConnectSettings.VERBOSE));
    }

    @Override
    public int run(Console console, Arguments arguments) throws UsageException, IOException {
        long length = arguments.bytes("--length", Long.MAX_VALUE);
        long offset = arguments.bytes("--offset", 0);
        boolean colour =
                arguments.toggle("--color", "--no-color", console.environment().outTerminal());
        try (Door door = Door.only(arguments);
                NbdConnection connection = door.connect(List.of(MetaContext.BASE_ALLOCATION))) {
            long size = connection.export().size();
            if (offset > size) {
                throw new FailureException(
                        ExitCode.FAILED,
                        "--offset %d is after the end of the export, %d bytes".formatted(offset, size));
            }
            long end = length >= size - offset ? size : offset + length;
            OutputStream out = console.buffered();
            dump(connection, offset, end, colour, out);
            out.flush();
        }
        return ExitCode.DONE;
    }

    private static void dump(NbdConnection connection, long from, long end, boolean colour, OutputStream out)
            throws IOException {
        var text = new StringBuilder();
        var lines = new HexDump(text, colour, end);
        // Of a piece that begins inside a block, one block more is read.
        var bytes = ByteBuffer.allocate(PIECE + connection.export().blockSizes().minimum());
        long position = from;
        while (position < end) {
            long zeroes = Math.min(end - position, zeroesAt(connection, position));
            // Only whole lines, but at the end.
            zeroes = position + zeroes == end ? zeroes : zeroes - zeroes % HexDump.LINE;
            if (zeroes > 0) {
                lines.zeroes(position, zeroes);
                position += zeroes;
            } else {
                int count = Math.toIntExact(Math.min(PIECE, end - position));
                int skipped = read(connection, position, count, bytes);
                for (int i = 0; i < count; i += HexDump.LINE) {
                    lines.line(position + i, bytes.array(), skipped + i, Math.min(HexDump.LINE, count - i));
                    flush(text, out, 1 << 16);
                }
                position += count;
            }
            flush(text, out, 0);
        }
    }

    private static void flush(StringBuilder text, OutputStream out, int limit) throws IOException {
        if (text.length() > limit) {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
            text.setLength(0);
        }
    }

    /** Returns how many bytes from an offset on surely read as zeroes. */
    private static long zeroesAt(NbdConnection connection, long position) throws IOException {
        Export export = connection.export();
        int alignment = export.blockSizes().minimum();
        long length = export.size() - position;
        length = Math.min(1L << 30, length - length % alignment);
        if (!export.hasContext(MetaContext.BASE_ALLOCATION) || position % alignment != 0 || length == 0) {
            return 0;
        }
        long zeroes = 0;
        try {
            for (BlockStatus status : connection.blockStatus(position, length, Set.of())) {
                for (BlockDescriptor each : status.descriptors()) {
                    if ((each.flags() & MetaContext.STATE_ZERO) == 0) {
                        return zeroes;
                    }
                    zeroes += each.length();
                }
            }
        } catch (NbdCommandException e) {
            return 0; // It cannot tell, so we read.
        }
        return zeroes;
    }

    /** Reads a range that need not be aligned; returns where in the buffer it begins. */
    private static int read(NbdConnection connection, long position, int count, ByteBuffer into) throws IOException {
        int alignment = connection.export().blockSizes().minimum();
        int skipped = Math.toIntExact(position % alignment);
        int whole = (skipped + count + alignment - 1) / alignment * alignment;
        long start = position - skipped;
        ByteBuffer buffer = into.clear();
        whole = Math.toIntExact(Math.min(whole, connection.export().size() - start));
        connection.read(start, buffer.limit(whole));
        return skipped;
    }
}
