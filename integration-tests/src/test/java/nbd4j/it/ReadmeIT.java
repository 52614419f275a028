// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ReadmeIT {
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)");

    @Test
    void showsTheExampleThatIsCompiled() throws IOException {
        var source = Files.readString(Path.of("src/test/java/nbd4j/it/ReadmeExample.java"));
        var body = between(source, "// tag::readme[]\n", "\n        // end::readme[]")
                        .stripIndent() + "\n";

        assertThat(between(Files.readString(Checkout.root().resolve("README.md")), "```java\n", "```"))
                .isEqualTo(body);
    }

    @Needs.Nbdkit
    @Test
    void countsTheDataOfAServedDisk() throws IOException, InterruptedException {
        try (var servers = LocalProcesses.ofThisMachine();
                var server = servers.start(ServerCommand.nbdkit("memory", "1G"), ServerCommand.Listen.UNIX)) {
            assertThat(ReadmeExample.countDataBytes(server.uri().toString())).isEqualTo(32 << 10);
        }
    }

    static Stream<Path> documents() {
        var root = Checkout.root();
        return Stream.of(
                        "README.md",
                        "CONTRIBUTING.md",
                        "SECURITY.md",
                        "docs/architecture.md",
                        "docs/decisions/README.md")
                .map(root::resolve);
    }

    @ParameterizedTest
    @MethodSource("documents")
    void linksOnlyToFilesThatExist(Path document) throws IOException {
        var links = LINK.matcher(Files.readString(document))
                .results()
                .map(link -> document.resolveSibling(link.group(1)))
                .toList();

        assertThat(links).allSatisfy(link -> assertThat(link).exists());
    }

    private static String between(String text, String from, String to) {
        assertThat(text).contains(from);
        var start = text.indexOf(from) + from.length();
        return text.substring(start, text.indexOf(to, start));
    }
}
