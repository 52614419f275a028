// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import nbd4j.cli.CommandInProcess;
import nbd4j.server.script.ScriptedConnection;
import nbd4j.server.script.ScriptedServer;
import nbd4j.server.script.SeenOption;
import nbd4j.server.script.SeenRequest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TM-06: what a server says reaches the terminal and JSON as printable text, whatever it says, in every mode. */
@Timeout(60)
final class HostileTextIT {
    /** Each is bytes, written as the characters of Latin 1; the word tells that the text did arrive. */
    private static final List<String> TEXTS = List.of(
            "\u001b]0;arrived\u0007\u001b[2J\u001b[31m",
            "arrived\r\nnbd info: forged\n\n",
            "arrived\\\" , \"size\": 0 } ] \b\f",
            "arrived\u007f\u0080\u009b31m\u00ff\u00c3(",
            utf8("arrived\u202e\u2066\u2028\u2029\u200b\ufeff\u0085"),
            utf8("arrived\ue000\ud83d\ude00") + "\u00ed\u00a0\u0080\u00f4\u0090\u0080\u0080\u00c0\u00af",
            "arrived" + "\u001b[A".repeat(1000));

    @TempDir
    private Path folder;

    private static List<String> texts() {
        return TEXTS;
    }

    @ParameterizedTest
    @MethodSource("texts")
    void isHarmlessInReportsAndLists(String text) throws Exception {
        for (String options : List.of("", "--no-content", "--list", "--color", "--list --content", "--map")) {
            assertHarmless(info(text, false, options), options);
        }
        for (String options :
                List.of("--json", "--list --json", "--map --json", "--map --totals --json", "--probe --json")) {
            CommandInProcess.Ended ended = info(text, false, options);
            assertHarmless(ended, options);
            Path file = Files.writeString(folder.resolve("out.json"), ended.out());
            Tools.run("jq", "-e", ".", file.toString()).succeeded();
        }
        for (String options : List.of("--list", "--list --json")) {
            CommandInProcess.Ended list = info(text, false, options);
            // A name that is not UTF-8 is a breach, and ends the list.
            assertThat(list.exitCode() == 0 ? list.out() : list.err())
                    .as(options)
                    .contains(list.exitCode() == 0 ? "description" : "is not UTF-8")
                    .contains("arrived");
        }
    }

    @ParameterizedTest
    @MethodSource("texts")
    void isHarmlessInMessages(String text) throws Exception {
        for (String options : List.of("", "--json", "--size", "--map", "--can flush", "--list", "--probe")) {
            CommandInProcess.Ended ended = info(text, true, options);

            assertHarmless(ended, options);
            assertThat(ended.exitCode()).as(options).isEqualTo(1);
            assertThat(ended.err()).as(options).contains("arrived").startsWith("nbdinfo: ");
            assertThat(ended.err().lines()).as(options).allMatch(line -> line.startsWith("nbdinfo: "));
            assertThat(ended.err().length()).as(options).isLessThan(4000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nbddump", "nbdcopy"})
    void isHarmlessInMessagesOfReads(String program) throws Exception {
        for (String text : TEXTS) {
            try (ScriptedServer server = start(text, false)) {
                var arguments = new ArrayList<>(List.of(server.uri().toString()));
                if (program.equals("nbdcopy")) {
                    arguments.add("null:");
                }
                CommandInProcess.Ended ended = CommandInProcess.run(program, arguments);

                assertHarmless(ended, program);
                assertThat(ended.exitCode()).isEqualTo(1);
                assertThat(ended.err()).contains("arrived");
                assertThat(ended.err().lines()).allMatch(line -> line.startsWith(program + ": "));
            }
        }
    }

    private static void assertHarmless(CommandInProcess.Ended ended, String options) {
        assertThat(ended.out()
                        .replace("\u001b[0m", "")
                        .replaceAll("\u001b\\[(22|1);[39][0-9]?m", "")
                        .codePoints())
                .as("%s: %s", options, ended.out())
                .allMatch(each -> each == '\n' || each == '\t' || isPrintable(each));
        assertThat(ended.err().codePoints())
                .as("%s: %s", options, ended.err())
                .allMatch(each -> each == '\n' || isPrintable(each));
    }

    private static boolean isPrintable(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> character != 0xFFFD; // What the broken bytes of a string become.
        };
    }

    private static CommandInProcess.Ended info(String text, boolean refusing, String options)
            throws IOException, InterruptedException {
        try (ScriptedServer server = start(text, refusing)) {
            var arguments = new ArrayList<>(List.of(options.split(" ", -1)));
            arguments.removeIf(String::isEmpty);
            arguments.add(server.uri().toString());
            return CommandInProcess.run("nbdinfo", arguments);
        }
    }

    /** A server that has the text in every place that a text can have; one that refuses has it in its reason. */
    private static ScriptedServer start(String text, boolean refusing) throws IOException {
        String hex = HexFormat.of().formatHex(text.getBytes(ISO_8859_1));
        return ScriptedServer.start(connection -> {
            connection.greet();
            SeenOption option = connection.readOption();
            while (option.option() != 2) {
                connection.send(answer(option.option(), hex, refusing));
                if (option.option() == 7 && !refusing) {
                    transmit(connection, hex);
                    return;
                }
                option = connection.readOption();
            }
        });
    }

    private static String answer(int option, String hex, boolean refusing) {
        String done = reply(option, 1, "");
        String info = reply(option, 3, "0000 0000000000100000 0ded")
                + reply(option, 3, "0001" + hex)
                + reply(option, 3, "0002" + hex);
        return switch (option) {
            case 8 -> done;
            case 3, 6, 7 -> {
                if (refusing) {
                    yield reply(option, 0x80000002, hex);
                }
                yield option == 3
                        ? reply(option, 2, "%08x".formatted(hex.length() / 2) + hex + hex) + done
                        : info + done;
            }
            case 9 -> reply(option, 4, "00000000" + hex(utf8("x:")) + hex) + done;
            case 10 -> reply(option, 4, "00000001" + hex("base:allocation")) + done;
            default -> reply(option, 0x80000001, hex);
        };
    }

    /** Every read fails with the text for a reason, for good (EPERM); the map is good. */
    private static void transmit(ScriptedConnection connection, String hex) throws IOException {
        SeenRequest request = connection.readRequest();
        while (request.type() != 2) {
            int length = hex.length() / 2;
            connection.send(
                    request.type() == 7
                            ? "668e33ef 0001 0005 CK 0000000c 00000001 %08x 00000000".formatted(request.length())
                            : "668e33ef 0001 8001 CK %08x 00000001 %04x ".formatted(6 + length, length) + hex);
            request = connection.readRequest();
        }
    }

    private static String reply(int option, int type, String hex) {
        String data = hex.replace(" ", "");
        return "0003e889045565a9 %08x %08x %08x ".formatted(option, type, data.length() / 2) + data + " ";
    }

    private static String hex(String latin1) {
        return HexFormat.of().formatHex(latin1.getBytes(ISO_8859_1));
    }

    private static String utf8(String text) {
        return new String(text.getBytes(UTF_8), ISO_8859_1);
    }
}
