// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HumanDurationTest {
    @ParameterizedTest
    @CsvSource({"30, PT30S", "500ms, PT0.5S", "30s, PT30S", "5m, PT5M", "2min, PT2M", "2h, PT2H", "1d, PT24H", "0, PT0S"
    })
    void readsLengthsOfTime(String text, Duration duration) throws Exception {
        assertThat(HumanDuration.parse("--timeout", text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1", "1.5s", "5 m", "1w", "9999999999999s"})
    void refusesWhatIsNoLengthOfTime(String text) {
        assertThatThrownBy(() -> HumanDuration.parse("--timeout", text))
                .isInstanceOf(UsageException.class)
                .hasMessage("--timeout: '%s' is not a length of time such as 30s, 500ms, 5m, 2h or 1d", text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10001d", "999999999999d"})
    void refusesMoreThanALifetime(String text) {
        assertThatThrownBy(() -> HumanDuration.parse("--timeout", text)).isInstanceOf(UsageException.class);
    }

    @ParameterizedTest
    @CsvSource({"PT0.26S, 0.3 s", "PT12S, 12 s", "PT3M20S, 3m 20s", "PT2H5M, 2h 5m", "PT49H, 2d 1h"})
    void writesTwoUnitsAtMost(Duration duration, String text) {
        assertThat(HumanDuration.of(duration)).isEqualTo(text);
    }
}
