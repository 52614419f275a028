// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import nbd4j.cli.CommandInProcess;
import nbd4j.it.ServerCommand.Listen;
import org.assertj.core.api.SoftAssertions;

/**
 * Asks nbdinfo or nbddump and us the same, and compares: the same bytes on standard output, the same exit code, a
 * message on standard error where they have one, and nothing on standard output from a question that fails.
 *
 * @param servers starts the servers
 * @param files what they serve
 * @param peers what to put in front of a peer's command line to run it
 * @param wanted takes away what we print and these peers do not know
 */
record PeerComparison(ServerProvider servers, GoldenFiles files, List<String> peers, UnaryOperator<String> wanted) {
    PeerComparison {
        peers = List.copyOf(peers);
    }

    /** Asks nbdinfo every question about one server. */
    void nbdinfo(ServerCommand command, List<String> questions) throws IOException, InterruptedException {
        try (RunningServer server = servers.start(command, Listen.UNIX)) {
            ask("nbdinfo", questions, server, server.uri().toString());
        }
    }

    /** Asks a program every question about a running server. */
    void ask(String program, List<String> questions, RunningServer server, String uri)
            throws IOException, InterruptedException {
        var softly = new SoftAssertions();
        for (String options : questions) {
            var arguments = new ArrayList<>(files.words(options));
            arguments.removeIf(String::isEmpty);
            arguments.add(uri);
            ask(softly, program, arguments, server.log());
        }
        softly.assertAll();
    }

    /** Runs a program and its counterpart of ours with the same arguments. */
    void ask(SoftAssertions softly, String program, List<String> arguments, String log)
            throws IOException, InterruptedException {
        Tools.Result theirs = theirs(program, arguments);
        CommandInProcess.Ended ours = CommandInProcess.run(program, arguments);
        String what = program + " " + String.join(" ", arguments) + "\n" + log + theirs.err() + ours.err();
        softly.assertThat(wanted.apply(ours.out()))
                .as(what)
                .isEqualTo(KnownDifferences.ours(theirs.out(), theirs.exitCode(), arguments));
        softly.assertThat(ours.exitCode()).as(what).isEqualTo(theirs.exitCode());
        boolean list = arguments.contains("--list") || arguments.contains("-L");
        if (ours.exitCode() == 1) {
            softly.assertThat(ours.err()).as(what).startsWith(program + ": ");
            softly.assertThat(list ? "" : ours.out()).as(what).isEmpty();
        } else {
            softly.assertThat(ours.err()).as(what).isEmpty();
        }
    }

    Tools.Result theirs(String program, List<String> arguments) throws IOException, InterruptedException {
        var line = new ArrayList<>(peers);
        line.add(program);
        line.addAll(arguments);
        return Tools.run(line);
    }
}
