// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import nbd4j.bench.model.CopyModel.Limit;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CopyModelTest {
    private static final int REQUEST = 256 << 10;
    private static final double NO_LINK = Double.POSITIVE_INFINITY;
    private static final Costs FREE = new Costs(0, 0, 0, 0, 0, 0, 1, 1);
    /** As measured on some machine: 40 µs and 0.1 ns a byte here, 20 µs and 0.2 ns a byte there. */
    private static final Costs REAL = new Costs(0.3, 0.0003, 40e-6, 0.1e-9, 20e-6, 0.2e-9, 1.2, 1.4);

    private static Job job(long requests, int inFlight, int connections, double latency, double bandwidth) {
        return new Job(requests * REQUEST, REQUEST, inFlight, connections, latency, bandwidth, 2, true);
    }

    @Test
    void takesARoundTripForEachRoundOfRequestsInFlight() {
        CopyModel.Prediction prediction = new CopyModel(FREE).predict(job(160, 16, 1, 0.01, NO_LINK));

        // 2, 9, then 16 at a time: 11 requests in two rounds, 149 in ten.
        assertThat(prediction.seconds()).isEqualTo(0.12, within(1e-9));
        assertThat(prediction.limit()).isEqualTo(Limit.LATENCY);
    }

    @Test
    void doublesTheRequestsInFlightInEachRoundTrip() {
        // 2 on each of 8 connections, 4, then 8 for ever, which is quick: 48 requests in two rounds, 640 more in ten.
        Job job = job(48 + 640, 128, 8, 0.007, NO_LINK);

        assertThat(new CopyModel(FREE).predict(job).seconds()).isEqualTo(12 * 0.007, within(1e-9));
        assertThat(Simulation.seconds(job, FREE)).isEqualTo(12 * 0.007, within(1e-9));
    }

    @Test
    void takesOnAtOnceWhatAnEndNeedsThatIsFarAway() {
        // 2 on each of 8 connections, then 16 for ever: 16 requests in one round, 1280 more in ten.
        Job job = job(16 + 1280, 128, 8, 0.02, NO_LINK);

        assertThat(new CopyModel(FREE).predict(job).seconds()).isEqualTo(11 * 0.02, within(1e-9));
        assertThat(Simulation.seconds(job, FREE)).isEqualTo(11 * 0.02, within(1e-9));
    }

    @Test
    void addsNoRequestsWhereRoundTripsAreShort() {
        Job job = job(1600, 128, 8, 0.002, NO_LINK);

        assertThat(new CopyModel(FREE).predict(job).seconds()).isEqualTo(100 * 0.002, within(1e-9));
        assertThat(Simulation.seconds(job, FREE)).isEqualTo(100 * 0.002, within(1e-9));
    }

    @Test
    void isLimitedByTheLink() {
        CopyModel.Prediction prediction = new CopyModel(FREE).predict(job(1000, 64, 4, 0.001, 100.0 * REQUEST));

        assertThat(prediction.seconds()).isEqualTo(10, within(1e-9));
        assertThat(prediction.limit()).isEqualTo(Limit.BANDWIDTH);
    }

    @Test
    void isLimitedByTheProcessorsThatServersOnTheSameMachineShare() {
        var costs = new Costs(0.5, 0, 0.001, 0, 0.003, 0, 2, 1);
        Job here = job(1000, 64, 4, 0, NO_LINK);
        var elsewhere = new Job(here.bytes(), REQUEST, 64, 4, 0, NO_LINK, 2, false);

        assertThat(new CopyModel(costs).predict(here)).isEqualTo(new CopyModel.Prediction(4.5, Limit.PROCESSORS));
        assertThat(new CopyModel(costs).predict(elsewhere)).isEqualTo(new CopyModel.Prediction(1.5, Limit.PROCESSORS));
    }

    @Test
    void isLimitedByTheThreadThatReadsAConnection() {
        var costs = new Costs(0, 0, 0.001, 0, 0, 0, 1, 1);
        var one = new Job(1000L * REQUEST, REQUEST, 64, 1, 0, NO_LINK, 8, false);

        assertThat(new CopyModel(costs).predict(one)).isEqualTo(new CopyModel.Prediction(1, Limit.CONNECTIONS));
    }

    @ParameterizedTest
    @CsvSource({
        // requests, in flight, connections, latency ms, MB/s; a copy of only a few round trips may be off by one of
        // them
        "2000, 16, 1, 5, 100000",
        "2000, 16, 1, 50, 100000",
        "4000, 64, 4, 20, 100000",
        "4000, 128, 8, 50, 100000",
        "4000, 128, 8, 5, 100000",
        "4000, 256, 4, 20, 1250",
        "4000, 64, 4, 1, 500",
        "2000, 1, 1, 1, 100000",
        "3000, 256, 8, 100, 100000"
    })
    void agreesWithASimulationRequestByRequest(
            long requests, int inFlight, int connections, double milliseconds, double megabytes) {
        Job job = job(requests, inFlight, connections, milliseconds / 1000, megabytes * 1e6);

        double formula = new CopyModel(REAL).predict(job).seconds() - REAL.start();
        double simulated = Simulation.seconds(job, REAL) - REAL.start();

        assertThat(formula).isCloseTo(simulated, Percentage.withPercentage(15));
    }

    @ParameterizedTest
    @CsvSource({
        // requests, in flight, connections, latency ms: few requests are left when all are in flight; and so few are
        // in flight at an end that is near that some wait while a processor is idle
        "3000, 256, 8, 20",
        "8000, 16, 4, 0"
    })
    void isTooFastWhereTwoLimitsMeetButByAThirdAtMost(
            long requests, int inFlight, int connections, double milliseconds) {
        Job job = job(requests, inFlight, connections, milliseconds / 1000, NO_LINK);

        double formula = new CopyModel(REAL).predict(job).seconds() - REAL.start();
        double simulated = Simulation.seconds(job, REAL) - REAL.start();

        assertThat(formula).isBetween(simulated * 2 / 3, simulated);
    }

    @Test
    void isNeverFasterThanAnyOfItsLimitsInTheSimulation() {
        for (double milliseconds : new double[] {0, 1, 5, 20}) {
            for (int connections : new int[] {1, 2, 4, 8}) {
                Job job = job(1000, 16 * connections, connections, milliseconds / 1000, 400e6);
                double least = Math.max(job.bytes() / 400e6, 1000.0 / job.inFlight() * milliseconds / 1000);
                assertThat(Simulation.seconds(job, REAL))
                        .as(job.toString())
                        .isGreaterThanOrEqualTo(REAL.start() + least);
            }
        }
    }

    @Test
    void worksMoreWhereFarEndsHaveManyRequestsInFlight() {
        var costs = new Costs(0, 0, 0.001, 0, 0, 0, 1, 1.5);

        assertThat(new CopyModel(costs).predict(job(4000, 128, 8, 0.004, NO_LINK)))
                .isEqualTo(new CopyModel.Prediction(3, Limit.PROCESSORS));
        assertThat(new CopyModel(costs)
                        .predict(job(4000, 128, 8, 0.002, NO_LINK))
                        .seconds())
                .isEqualTo(2, within(1e-9));
        assertThat(Observation.fitCrowd(costs.withCrowd(1), job(4000, 128, 8, 0.004, NO_LINK), 3)
                        .crowd())
                .isEqualTo(1.5, within(1e-9));
    }

    @Test
    void countsTheRequestsThatACopyHasInFlight() {
        assertThat(Job.inFlight(4, 64, REQUEST)).isEqualTo(256);
        assertThat(Job.inFlight(8, 64, REQUEST)).isEqualTo(256);
        assertThat(Job.inFlight(1, 16, REQUEST)).isEqualTo(16);
        assertThat(Job.inFlight(4, 64, 4 << 20)).isEqualTo(16);
    }

    @Test
    void refusesNonsense() {
        assertThatThrownBy(() -> job(0, 1, 1, 0, NO_LINK)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> job(1, 1, 1, -1, NO_LINK)).hasMessageContaining("latency -1.0 s");
        assertThatThrownBy(() -> new Costs(0, 0, 0, 0, 0, 0, 0.5, 1)).hasMessageContaining("stall 0.5");
    }
}
