// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutcomeTest {
    private static Outcome.Program program(String name, String java, double... walls) {
        return new Outcome.Program(
                name,
                Optional.of(java).filter(text -> !text.isEmpty()),
                Arrays.stream(walls)
                        .mapToObj(wall -> new Sample(wall, wall / 2, 40 * wall, 1000 / wall))
                        .toList());
    }

    private static final Outcome DENSE = new Outcome(
            "dense",
            Goal.wall(1),
            List.of(
                    program("nbdcopy", "", 2, 4, 8),
                    program("qemu-img", "", 1, 3, 9),
                    program("nbd copy", "25.0.3", 2, 2, 2)));

    @Test
    void comparesRoundByRoundAndNotTheMedians() {
        // Ratios 1, 0.5 and 0.25; that of the medians would be 0.5 as well for nbdcopy, but 0.67 for qemu-img: 2, 0.67,
        // 0.22.
        assertThat(DENSE.ratio(DENSE.ours().get(0), DENSE.first())).isEqualTo(0.5);
        assertThat(DENSE.measured(DENSE.ours().get(0))).isEqualTo(2.0 / 3, within(1e-9));
        var skewed = new Outcome(
                "skewed", Goal.wall(1), List.of(program("nbdcopy", "", 1, 2, 3), program("nbd copy", "25", 3, 2, 2)));
        assertThat(skewed.measured(skewed.ours().get(0))).isEqualTo(1);
    }

    @Test
    void comparesWithTheBestOfTheOthersWhereTheGoalSaysSo() {
        assertThat(DENSE.rival().name()).isEqualTo("qemu-img");
        assertThat(new Outcome("j", Goal.wallOfFirst(1), DENSE.programs())
                        .rival()
                        .name())
                .isEqualTo("nbdcopy");
        // Of rates the highest is the best, and our own is never the rival.
        assertThat(new Outcome("j", Goal.rate(1), DENSE.programs()).rival().name())
                .isEqualTo("qemu-img");
    }

    @Test
    void comparesAsManyRoundsAsBothHave() {
        var outcome = new Outcome(
                "j", Goal.wall(1), List.of(program("a", "", 2, 4), program("b", "", 100), program("c", "25", 1, 1)));

        assertThat(outcome.ratio(outcome.programs().get(1), outcome.first())).isEqualTo(50);
        assertThat(outcome.measured(outcome.ours().get(0))).isEqualTo(0.375);
    }

    @Test
    void judgesByTheGoal() {
        assertThat(Goal.wall(1).isMet(1)).isTrue();
        assertThat(Goal.wall(1).isMet(1.01)).isFalse();
        assertThat(Goal.rate(1).isMet(0.99)).isFalse();
        assertThat(Goal.rate(1).isMet(1)).isTrue();
        assertThat(Goal.seconds(0.35).isMet(0.36)).isFalse();
        assertThat(Goal.none().isMet(50)).isTrue();
    }

    @Test
    void sayHowOursStandsToTheGoals() {
        assertThat(Tables.verdicts(List.of(DENSE)).lines().skip(2))
                .containsExactly("| dense | wall ≤ 1.00 | qemu-img | 0.67 | met | 0.50 | 80 |");
        assertThat(Tables.verdicts(List.of(new Outcome(
                                "info",
                                Goal.seconds(0.35),
                                List.of(program("nbdinfo", "", 0.1), program("nbd info", "25", 0.5)))))
                        .lines()
                        .skip(2))
                .containsExactly("| info | ≤ 0.35 s | nbdinfo | 0.50 | missed |  | 20 |");
    }

    @Test
    void showEveryProgramWithItsRatioToTheFirst() {
        assertThat(Tables.measured(List.of(DENSE)).lines().skip(2))
                .containsExactly(
                        "| dense | nbdcopy | 3 | 4.00 | 2.00–8.00 | 2.00 | 160 |  | 1.00 |",
                        "|  | qemu-img | 3 | 3.00 | 1.00–9.00 | 1.50 | 120 |  | 0.75 |",
                        "|  | nbd copy | 3 | 2.00 | 2.00–2.00 | 1.00 | 80 |  | 0.50 |");
        assertThat(Tables.measured(List.of(new Outcome("random", Goal.rate(1), DENSE.programs())))
                        .lines())
                .contains("|  | nbd copy | 3 |  | 500–500 | 1.00 | 80 | 500 | 2.00 |");
    }

    @Test
    void showTheJavasSideBySide() {
        var both = new Outcome(
                "dense",
                Goal.wall(1),
                List.of(
                        program("nbdcopy", "", 1, 1, 1),
                        program("nbd copy, Java 21", "21.0.4", 2, 4, 10),
                        program("nbd copy, Java 25", "25.0.3", 1, 4, 9)));

        assertThat(Tables.javas(List.of(List.of(both))).lines().skip(2))
                .containsExactly(
                        "| dense | 21.0.4 | 4.00 | 2.00 | 160 | 1.00 |", "|  | 25.0.3 | 4.00 | 2.00 | 160 | 0.90 |");
        // Of two sessions the rounds have nothing to do with each other.
        assertThat(Tables.javas(List.of(
                                List.of(new Outcome("d", Goal.wall(1), List.of(program("o", "21", 4, 8, 6)))),
                                List.of(new Outcome("d", Goal.wall(1), List.of(program("o", "25", 3, 1, 3))))))
                        .lines()
                        .skip(2))
                .containsExactly("| d | 21 | 6.00 | 3.00 | 240 | 1.00 |", "|  | 25 | 3.00 | 1.50 | 120 | 0.50 |");
    }

    @Test
    void keepsEveryRunInItsFile(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("results.json");

        ResultFile.write(file, "a machine", List.of(DENSE));

        assertThat(ResultFile.read(file)).containsExactly(DENSE);
    }

    @Test
    void drawsARowForEachJobWithAGoalOrARatio() {
        String plot = Plot.of(List.of(DENSE, new Outcome("info", Goal.seconds(1), DENSE.programs())));

        assertThat(plot).contains(">dense<").doesNotContain(">info<", "NaN", "Infinity");
        assertThat(plot.split("<circle", -1)).as("a dot for each round").hasSize(3 + 1);
    }
}
