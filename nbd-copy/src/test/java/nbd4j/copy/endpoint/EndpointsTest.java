// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointsTest {
    private static final EndpointOptions DEFAULTS = EndpointOptions.defaults();

    @TempDir
    Path directory;

    @Test
    void tellsLocationsApart() {
        assertThat(Location.parse("-")).isEqualTo(new Location.Standard());
        assertThat(Location.parse("null:")).isEqualTo(new Location.Null());
        assertThat(Location.parse("nbd://host/x")).isEqualTo(new Location.Uri("nbd://host/x"));
        assertThat(Location.parse("NBDS+UNIX:///?socket=s")).isEqualTo(new Location.Uri("NBDS+UNIX:///?socket=s"));
        assertThat(Location.parse("./nbd:x")).isEqualTo(new Location.File(Path.of("./nbd:x")));
        assertThat(Location.parse("null")).isEqualTo(new Location.File(Path.of("null")));
        assertThatIllegalArgumentException().isThrownBy(() -> Location.parse(""));
        assertThatIllegalArgumentException().isThrownBy(() -> new Location.Command(List.of()));
    }

    @Test
    void namesASourceThatDoesNotExist() {
        assertRefusedSource("missing", "source: " + directory.resolve("missing") + ": the source does not exist");
    }

    @Test
    void refusesDirectories() {
        assertRefusedSource("", "source: " + directory + ": is a directory, not a disk");
        assertRefusedTarget("", "target: " + directory + ": is a directory, not a disk");
    }

    @Test
    void refusesSocketsAndSaysWhatToUse() throws IOException {
        Path socket = directory.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            assertRefusedTarget(
                    "s",
                    "target: " + socket + ": is a socket; to reach a server behind it use nbd+unix:///?socket="
                            + socket);
        }
    }

    @Test
    void doesNotFollowLinksToTargets() throws IOException {
        Path victim = Files.writeString(directory.resolve("victim"), "precious");
        Files.createSymbolicLink(directory.resolve("link"), victim);
        Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("nowhere"));

        assertRefusedTarget(
                "link",
                "target: " + directory.resolve("link") + ": is a symbolic link to " + victim
                        + ", which is not followed; name the file itself");
        assertThatThrownBy(() -> Endpoints.target(file("dangling"), DEFAULTS)).isInstanceOf(EndpointException.class);
        assertThat(victim).hasContent("precious");
        assertThat(directory.resolve("nowhere")).doesNotExist();
    }

    @Test
    void refusesOneFileOnBothEnds() throws IOException {
        Path path = Files.writeString(directory.resolve("disk"), "x");
        Files.createLink(directory.resolve("other"), path);
        Files.createSymbolicLink(directory.resolve("link"), path);

        for (String source : List.of("disk", "other", "link")) {
            assertThatThrownBy(() -> Endpoints.requireDifferent(file(source), file("disk")))
                    .hasMessage("target: " + path + " is the source itself");
        }
        Files.writeString(directory.resolve("third"), "x");
        Endpoints.requireDifferent(file("disk"), file("third"));
        Endpoints.requireDifferent(file("disk"), file("fourth"));
    }

    @Test
    void readsAFileAndMissesWhatWasCutOff() throws IOException {
        Path path = Files.write(directory.resolve("disk"), new byte[] {1, 2, 3, 4});
        try (Source source = Endpoints.source(file("disk"), DEFAULTS)) {
            ByteBuffer into = ByteBuffer.allocate(2);
            source.read(1, into);
            assertThat(into.array()).containsExactly(2, 3);
            assertThat(source.size()).hasValue(4);

            Files.write(path, new byte[] {1, 2});
            assertThatThrownBy(() -> source.read(1, ByteBuffer.allocate(3)))
                    .isInstanceOf(java.io.EOFException.class)
                    .hasMessage(
                            "read of 2 bytes at 2 from " + path + " found the end of the file; it was 4 bytes long");
        }
    }

    @Test
    void writesInPlaceWhereAsked() throws IOException {
        Path path = Files.write(directory.resolve("disk"), new byte[] {1, 2, 3, 4, 5});
        try (Target target = Endpoints.target(file("disk"), DEFAULTS.withInPlace(true))) {
            target.begin(java.util.OptionalLong.of(4));
            target.write(1, ByteBuffer.wrap(new byte[] {9}));
            assertThat(path).hasBinaryContent(new byte[] {1, 9, 3, 4});
            assertThat(target.isZeroAlready()).isFalse();
        }
        assertThat(path).hasBinaryContent(new byte[] {1, 9, 3, 4});
    }

    @Test
    void reportsAFullDevice() throws IOException {
        try (Target target = Endpoints.target(new Location.File(Path.of("/dev/full")), DEFAULTS)) {
            assertThat(target.sequential()).isTrue();
            assertThatThrownBy(() -> target.write(0, ByteBuffer.wrap(new byte[4096])))
                    .hasMessageContaining("write of 4096 bytes at 0 to /dev/full failed: No space left");
        }
    }

    private Location file(String name) {
        return new Location.File(directory.resolve(name));
    }

    private void assertRefusedSource(String name, String message) {
        assertThatThrownBy(() -> Endpoints.source(file(name), DEFAULTS))
                .isInstanceOf(EndpointException.class)
                .hasMessage(message);
    }

    private void assertRefusedTarget(String name, String message) {
        assertThatThrownBy(() -> Endpoints.target(file(name), DEFAULTS))
                .isInstanceOf(EndpointException.class)
                .hasMessage(message);
    }
}
