// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import nbd4j.uri.NbdUri;
import org.junit.jupiter.api.Test;

final class OperandTest {
    @Test
    void tellsTheKindsApart() throws Exception {
        assertThat(Operand.parse(List.of("-", "null:", "disk.img", "nbd://h/x", "./nbd://h", "nbd.img", "a:b", "NBD:")))
                .containsExactly(
                        new Operand.Stream(),
                        new Operand.Nothing(),
                        new Operand.File("disk.img"),
                        new Operand.Uri(NbdUri.parse("nbd://h/x")),
                        new Operand.File("./nbd://h"),
                        new Operand.File("nbd.img"),
                        new Operand.File("a:b"),
                        new Operand.File("NBD:"));
    }

    @Test
    void takesServersToStartOnBothSides() throws Exception {
        assertThat(Operand.parse(List.of("[", "nbdkit", "null", "1M", "]", "[", "qemu-nbd", "-r", "x", "]")))
                .containsExactly(
                        new Operand.Server(List.of("nbdkit", "null", "1M")),
                        new Operand.Server(List.of("qemu-nbd", "-r", "x")));
    }

    @Test
    void refusesBracketsThatAreNotClosedOrEmpty() {
        assertThatThrownBy(() -> Operand.parse(List.of("[", "nbdkit", "null")))
                .isInstanceOf(UsageException.class)
                .hasMessage("'[' without ']': a server to start is written [ CMD ARGS ... ]");
        assertThatThrownBy(() -> Operand.parse(List.of("[", "]")))
                .isInstanceOf(UsageException.class)
                .hasMessage("'[ ]' names no server to start: [ CMD ARGS ... ]");
    }

    @Test
    void refusesAUriThatIsNoneAndASchemeThatStartsPrograms() {
        assertThatThrownBy(() -> Operand.parse(List.of("nbd://host:port/"))).isInstanceOf(UsageException.class);
        assertThatThrownBy(() -> Operand.parse(List.of("nbd+ssh://-oProxyCommand=x/")))
                .isInstanceOf(UsageException.class);
    }

    @Test
    void keepsKnownServersFromEndingTooEarlyOrTooLate() {
        assertThat(new Operand.Server(List.of("/usr/bin/qemu-nbd", "-r", "x")).lasting())
                .containsExactly("/usr/bin/qemu-nbd", "--persistent", "--shared=0", "-r", "x");
        assertThat(new Operand.Server(List.of("nbdkit", "null")).lasting())
                .containsExactly("nbdkit", "--exit-with-parent", "null");
        assertThat(new Operand.Server(List.of("other", "x")).lasting()).containsExactly("other", "x");
    }
}
