// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HumanSizeTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "4096, 4096",
        "512b, 512",
        "3s, 1536",
        "32K, 32768",
        "32k, 32768",
        "1M, 1048576",
        "8GiB, 8589934592",
        "1T, 1099511627776",
        "4P, 4503599627370496",
        "7E, 8070450532247928832",
        "9223372036854775807, 9223372036854775807"
    })
    void readsNumbersOfBytes(String text, long bytes) throws Exception {
        assertThat(HumanSize.parse("--length", text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "K", "1.5G", "1KB", "1Kib", "-1", "+1", " 1", "1 ", "0x10", "1X", "1Mb", "٣"})
    void refusesWhatIsNoNumberOfBytes(String text) {
        assertThatThrownBy(() -> HumanSize.parse("--length", text))
                .isInstanceOf(UsageException.class)
                .hasMessage("--length: '%s' is not a number of bytes such as 4096, 32K, 1M or 8GiB", text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"8E", "9223372036854775808", "99999999999999999999999", "9007199254740992K"})
    void refusesMoreThanALongHolds(String text) {
        assertThatThrownBy(() -> HumanSize.parse("--length", text))
                .isInstanceOf(UsageException.class)
                .hasMessage("--length: %s is more than 9223372036854775807 bytes", text);
    }

    /** The right column is what nbdinfo 1.14.2 printed for an export of the left column's size. */
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1",
        "1023, 1023",
        "1024, 1K",
        "1025, 1025",
        "1536, 1536",
        "1000000, 1000000",
        "1048576, 1M",
        "1572864, 1536K",
        "10737418240, 10G",
        "1073741825, 1073741825",
        "9223372036854775807, 9223372036854775807",
        "1099511627776, 1T",
        "1152921504606846976, 1E"
    })
    void writesTheLargestUnitThatDivides(long bytes, String text) {
        assertThat(HumanSize.exact(bytes)).isEqualTo(text);
    }

    @Test
    void roundsForPeopleWhoWatch() {
        assertThat(HumanSize.rounded(0)).isEqualTo("0 bytes");
        assertThat(HumanSize.rounded(1023)).isEqualTo("1023 bytes");
        assertThat(HumanSize.rounded(1536)).isEqualTo("1.5 KiB");
        assertThat(HumanSize.rounded(1_048_575)).isEqualTo("1.0 MiB");
        assertThat(HumanSize.rounded(150.0 * (1 << 20))).isEqualTo("150 MiB");
        assertThat(HumanSize.rounded(Long.MAX_VALUE)).isEqualTo("8.0 EiB");
    }
}
