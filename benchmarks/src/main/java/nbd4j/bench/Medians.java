// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.util.Arrays;

/** Medians, which one disturbed run does not move. */
public final class Medians {
    private Medians() {}

    /** Returns the median of at least one value. */
    public static double of(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("there is no median of nothing");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Returns the median of the ratios of values with the same index, as far as both go. */
    public static double ofRatios(double[] above, double[] below) {
        double[] ratios = new double[Math.min(above.length, below.length)];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = above[i] / below[i];
        }
        return of(ratios);
    }
}
