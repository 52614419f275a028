// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class FitTest {
    private static final long SEED = 42;

    @Test
    void findsTheWeightsOfExactRows() {
        double[][] rows = {{1, 10, 3}, {1, 20, 5}, {1, 5, 90}, {1, 7, 1}};
        double[] values = {2 + 0.5 * 10 + 4 * 3, 2 + 0.5 * 20 + 4 * 5, 2 + 0.5 * 5 + 4 * 90, 2 + 0.5 * 7 + 4};

        assertThat(LeastSquares.fit(rows, values)).containsExactly(new double[] {2, 0.5, 4}, within(1e-9));
    }

    @Test
    void givesNoWeightBelowZero() {
        // The best line through these falls; with no weight below 0 the second column has none.
        double[] weights = LeastSquares.fit(new double[][] {{1, 1}, {1, 2}, {1, 3}}, new double[] {3, 2.5, 2});

        assertThat(weights[0]).isBetween(2.0, 3.0);
        assertThat(weights[1]).isZero();
    }

    @Test
    void refusesRowsThatSayNothing() {
        assertThatThrownBy(() -> LeastSquares.fit(new double[][] {{1, 0}, {1, 0}}, new double[] {1, 1}))
                .hasMessage("column 1 of 2 rows says nothing that the others do not");
    }

    @Test
    void findsTheCostsThatCopiesWereMadeWith() {
        var costs = new Costs(0.3, 0.0002, 40e-6, 0.1e-9, 20e-6, 0.2e-9, 1.3, 1);
        int cores = 2;
        var random = new Random(SEED);
        List<Observation> observations = new ArrayList<>();
        for (long bytes : new long[] {1L << 20, 1L << 30, 2L << 30}) {
            for (int request : new int[] {64 << 10, 256 << 10, 1 << 20}) {
                for (int repeat = 0; repeat < 3; repeat++) {
                    double requests = Math.ceil((double) bytes / request);
                    double client = 0.4 + requests * costs.client(request);
                    double server = requests * costs.server(request);
                    double wall = costs.start()
                            + requests * (costs.client(request) + costs.server(request)) * costs.stall() / cores;
                    double noise = 0.98 + random.nextDouble() * 0.04;
                    observations.add(new Observation(bytes, request, wall * noise, client * noise, server * noise));
                }
            }
        }

        Costs fitted = Observation.fit(observations, costs.base(), cores);

        assertThat(fitted.start()).as("seed " + SEED).isCloseTo(costs.start(), Percentage.withPercentage(5));
        assertThat(fitted.clientRequest()).isCloseTo(costs.clientRequest(), Percentage.withPercentage(10));
        assertThat(fitted.clientByte()).isCloseTo(costs.clientByte(), Percentage.withPercentage(20));
        assertThat(fitted.serverRequest()).isCloseTo(costs.serverRequest(), Percentage.withPercentage(10));
        assertThat(fitted.serverByte()).isCloseTo(costs.serverByte(), Percentage.withPercentage(10));
        assertThat(fitted.stall()).isCloseTo(costs.stall(), Percentage.withPercentage(10));
    }
}
