// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SpoolTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 100, Spool.MEMORY})
    void givesBackWhatItTook(int memory) throws Exception {
        var out = new ByteArrayOutputStream();
        var expected = new StringBuilder();
        try (var spool = new Spool(memory)) {
            for (int i = 0; i < 10_000; i++) {
                spool.append("é ").append(Integer.toString(i)).append('\n').append("abc", 1, 2);
                expected.append("é ").append(i).append('\n').append('b');
            }
            assertThat(out.size()).isZero();

            spool.release(out);
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(expected.toString());
    }
}
