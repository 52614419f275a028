// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rows of one job: medians, and the ratio to the first program, run by run. */
final class Rows {
    private static final Pattern IOPS = Pattern.compile("\"iops\"\\s*:\\s*([0-9.]+)");

    private Rows() {}

    /** Returns the requests a second that fio or nbd bench print as JSON, 0 if there are none. */
    static double iops(String output) {
        Matcher matcher = IOPS.matcher(output);
        return matcher.find() ? Double.parseDouble(matcher.group(1)) : 0;
    }

    static void print(Scenario scenario, Map<String, List<Sample>> samples) {
        List<Sample> first = samples.values().iterator().next();
        samples.forEach((name, own) -> {
            boolean rate = own.get(0).value() > 0;
            ToDoubleFunction<Sample> measure = rate ? Sample::value : Sample::wallSeconds;
            double[] ratios = new double[own.size()];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = measure.applyAsDouble(own.get(i)) / measure.applyAsDouble(first.get(i));
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.2f | %.2f | %.0f | %s | %.2f |%n",
                    scenario.name(),
                    name,
                    median(own, Sample::wallSeconds),
                    median(own, Sample::cpuSeconds),
                    median(own, sample -> sample.peakKib() / 1024.0),
                    rate ? "%,.0f".formatted(median(own, Sample::value)) : "",
                    median(ratios));
        });
    }

    private static double median(List<Sample> samples, ToDoubleFunction<Sample> measure) {
        return median(samples.stream().mapToDouble(measure).toArray());
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        java.util.Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
