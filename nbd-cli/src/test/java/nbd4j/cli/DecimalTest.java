// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DecimalTest {
    /** The right column is what printf of glibc prints. */
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "100, 100",
        "6.25, 6.25",
        "33.333333333333336, 33.3333",
        "99.999999, 100",
        "0.0001, 0.0001",
        "0.00001, 1e-05",
        "9.31322574615479e-08, 9.31323e-08",
        "1234567, 1.23457e+06"
    })
    void writesAsPrintfGeneralDoes(double number, String text) {
        assertThat(Decimal.general(number)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"6.25, 1, 6.2", "93.75, 1, 93.8", "100, 1, 100.0", "0.05, 1, 0.1", "2.5, 0, 2"})
    void writesAsPrintfFixedDoes(double number, int digits, String text) {
        assertThat(Decimal.of(number, digits)).isEqualTo(text);
    }
}
