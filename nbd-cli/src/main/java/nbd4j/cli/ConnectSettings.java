// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import nbd4j.client.ChannelThreads;
import nbd4j.client.ConnectOptions;

/** The options that every command with an NBD end takes. */
final class ConnectSettings {
    static final Option TIMEOUT = Option.value(
            "TIME",
            "Give up when the server is silent for so long, also while connecting. Default: 10 s to connect,\n"
                    + "30 s for the handshake, 60 s for a reply. 0 waits for ever.",
            "--timeout");
    static final Option VERBOSE = Option.flag("Print more, and stack traces of failures.", "-v", "--verbose");

    private ConnectSettings() {}

    /** Returns how to connect, asking for no metadata context yet. */
    static ConnectOptions of(Arguments arguments) throws UsageException {
        // The user typed the URI, so files that it names are the user's own. nbdinfo and nbdcopy see it so, too.
        ConnectOptions options = ConnectOptions.defaults()
                .withMetaContexts(List.of())
                .withLocalFilesFromUri(true)
                // A command owns all its threads; and the thread that asks does its own I/O, see CliThreads.
                .withThreads(ChannelThreads.CALLERS);
        Optional<String> timeout = arguments.value("--timeout");
        if (timeout.isEmpty()) {
            return options;
        }
        Duration limit = HumanDuration.parse("--timeout", timeout.get());
        return options.withConnectTimeout(limit).withHandshakeTimeout(limit).withSilenceTimeout(limit);
    }
}
