// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import nbd4j.model.Printable;
import org.junit.jupiter.api.Test;

final class JsonTextTest {
    @Test
    void leavesPlainTextAlone() {
        assertThat(JsonText.quote("disk /a é 磁 😀")).isEqualTo("\"disk /a é 磁 😀\"");
    }

    @Test
    void escapesWhatWouldEndTheString() {
        assertThat(JsonText.quote("a\"b\\c")).isEqualTo("\"a\\\"b\\\\c\"");
    }

    @Test
    void escapesControlsBidiMarksAndLineSeparators() {
        assertThat(JsonText.quote("\u0000\n\u001b\u007f\u0085\u202e\u2028\u2066\ufeff"))
                .isEqualTo("\"\\u0000\\u000a\\u001b\\u007f\\u0085\\u202e\\u2028\\u2066\\ufeff\"");
    }

    @Test
    void givesBackWhatWasEscaped() {
        String text = "a\\b \\\\x41 \\u{41} \u001b \u0085 \u202e \ue000 磁 😀";

        assertThat(JsonText.quoteEscaped(Printable.escapeAll(text))).isEqualTo(JsonText.quote(text));
        assertThat(JsonText.quoteEscaped(Printable.escapeAll(text.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(JsonText.quote(text));
    }

    @Test
    void showsBytesThatWereNoUtf8() {
        byte[] bytes = {'a', (byte) 0xff, (byte) 0x85, '\\'};

        assertThat(JsonText.quoteEscaped(Printable.escapeAll(bytes))).isEqualTo("\"a\\\\xff\\\\x85\\\\\"");
    }

    @Test
    void staysValidUtf8WithHalfACharacter() {
        String quoted = JsonText.quote("\ud83d and \ude00");

        assertThat(quoted).isEqualTo("\"\\ud83d and \\ude00\"");
        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(quoted)).isTrue();
    }
}
