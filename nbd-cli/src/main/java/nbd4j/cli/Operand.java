// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import nbd4j.client.NbdServerProcess;
import nbd4j.uri.NbdUri;

/** One end of a copy, or what to look at, as typed. */
sealed interface Operand {
    /** {@code -}: standard input or output. */
    record Stream() implements Operand {}

    /** {@code null:}: forgets what it is given. */
    record Nothing() implements Operand {}

    /**
     * A file or device.
     *
     * @param path as typed
     */
    record File(String path) implements Operand {}

    /**
     * An export of a running server.
     *
     * @param uri where it is
     */
    record Uri(NbdUri uri) implements Operand {}

    /**
     * {@code [ CMD ARGS… ]}: a server to start, which is handed its socket.
     *
     * @param command program and arguments, at least the program
     */
    record Server(List<String> command) implements Operand {
        public Server {
            command = List.copyOf(command);
        }

        /** Starts the server, for as many connections as are wanted; where it can be told, it does not outlive us. */
        NbdServerProcess start() throws IOException {
            return NbdServerProcess.start(lasting());
        }

        /** Returns the command with what keeps known servers from ending too early or too late. */
        List<String> lasting() {
            String program = command.getFirst().substring(command.getFirst().lastIndexOf('/') + 1);
            List<String> options = switch (program) {
                case "nbdkit" -> List.of("--exit-with-parent");
                case "qemu-nbd" -> List.of("--persistent", "--shared=0");
                default -> List.of();
            };
            var words = new ArrayList<>(command);
            words.addAll(1, options);
            return words;
        }
    }

    /** Returns the operands, each of one word or of all words from {@code [} to {@code ]}. */
    static List<Operand> parse(List<String> words) throws UsageException {
        var operands = new ArrayList<Operand>();
        int next = 0;
        while (next < words.size()) {
            if (words.get(next).equals("[")) {
                int end = words.subList(next, words.size()).indexOf("]");
                if (end < 0) {
                    throw new UsageException("'[' without ']': a server to start is written [ CMD ARGS ... ]");
                }
                if (end == 1) {
                    throw new UsageException("'[ ]' names no server to start: [ CMD ARGS ... ]");
                }
                operands.add(new Server(words.subList(next + 1, next + end)));
                next += end + 1;
            } else {
                operands.add(word(words.get(next)));
                next++;
            }
        }
        return operands;
    }

    private static Operand word(String word) throws UsageException {
        if (word.equals("-")) {
            return new Stream();
        }
        if (word.equals("null:")) {
            return new Nothing();
        }
        if (!isUri(word)) {
            return new File(word);
        }
        try {
            return new Uri(NbdUri.parse(word));
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Returns whether the word has a scheme such as {@code nbd:}, {@code nbds+unix:} or one that we refuse by name. */
    private static boolean isUri(String word) {
        int colon = word.indexOf(':');
        if (colon < 0 || !word.startsWith("nbd")) {
            return false;
        }
        for (int i = 3; i < colon; i++) {
            char each = word.charAt(i);
            if (each != '+' && (each < 'a' || each > 'z')) {
                return false;
            }
        }
        return true;
    }
}
