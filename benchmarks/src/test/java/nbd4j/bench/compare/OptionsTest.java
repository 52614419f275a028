// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
    private static Options options(String... arguments) {
        return Options.parse(arguments);
    }

    @Test
    void takesTenRoundsOfEverythingUnlessToldOtherwise() {
        Options options = options("bin/nbd");

        assertThat(options.runs()).isEqualTo(10);
        assertThat(options.nbd()).isEqualTo(Path.of("bin/nbd"));
        assertThat(new Scenarios(options.nbd(), options.size(), List.of()).all())
                .hasSizeGreaterThan(20)
                .allMatch(options::wants);
    }

    @Test
    void choosesJobsByPartsOfTheirNames() {
        Options options = options("--only", "TCP", "--only", "4 KiB random", "nbd");

        assertThat(new Scenarios(options.nbd(), options.size(), List.of()).all())
                .filteredOn(options::wants)
                .extracting(Scenario::name)
                .containsExactly(
                        "dense NBD to null, TCP",
                        "4 KiB random reads, depth 1",
                        "4 KiB random reads, depth 16",
                        "4 KiB random reads, depth 64");
    }

    @Test
    void refusesWhatMakesNoSense() {
        assertThatThrownBy(() -> options("--runs", "0", "nbd")).hasMessage("--runs: 0 is not from 1 to 1000");
        assertThatThrownBy(() -> options("--size", "1", "nbd")).hasMessageContaining("size '1' is not a number with");
        assertThatThrownBy(() -> options("--colour", "nbd")).hasMessageStartingWith("unknown option --colour; ");
        assertThatThrownBy(() -> options("--runs", "nbd")).hasMessage("--runs needs a value");
    }

    @Test
    void readsTheRatesOfFioAndOfOurs() {
        assertThat(Runner.rate("{\"read\" : {\"bw\" : 5, \"iops\" : 15190.2,")).isEqualTo(15190.2);
        assertThat(Runner.rate("{\"iops\": 12.500, \"bytes")).isEqualTo(12.5);
        assertThat(Runner.rate("nothing")).isZero();
    }

    @Test
    void limitsTheRoundsOfJobsThatTakeMinutes() {
        assertThat(new Scenario.Runs(1, 1, false).of(10)).isEqualTo(1);
        assertThat(new Scenario.Runs(20, Integer.MAX_VALUE, true).of(10)).isEqualTo(20);
        assertThat(Scenario.Runs.USUAL.of(10)).isEqualTo(10);
    }
}
