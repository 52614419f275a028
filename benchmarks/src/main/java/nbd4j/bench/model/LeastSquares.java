// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import java.util.Arrays;

/** Fits weights to rows so that the relative errors are least, with no weight below 0. */
final class LeastSquares {
    private LeastSquares() {}

    /**
     * Returns a weight for each column.
     *
     * @param rows what was varied
     * @param values what was measured for each row, above 0
     */
    static double[] fit(double[][] rows, double[] values) {
        int columns = rows[0].length;
        var used = new boolean[columns];
        Arrays.fill(used, true);
        while (true) {
            double[] weights = solve(rows, values, used);
            int worst = -1;
            for (int column = 0; column < columns; column++) {
                if (weights[column] < 0 && (worst < 0 || weights[column] < weights[worst])) {
                    worst = column;
                }
            }
            if (worst < 0) {
                return weights;
            }
            used[worst] = false;
        }
    }

    /** Solves the normal equations of the columns in use; the others have weight 0. */
    private static double[] solve(double[][] rows, double[] values, boolean[] used) {
        int columns = used.length;
        var matrix = new double[columns][columns + 1];
        for (int row = 0; row < rows.length; row++) {
            for (int i = 0; i < columns; i++) {
                double scaled = used[i] ? rows[row][i] / values[row] : 0;
                for (int j = 0; j < columns; j++) {
                    matrix[i][j] += used[j] ? scaled * rows[row][j] / values[row] : 0;
                }
                matrix[i][columns] += scaled;
            }
        }
        for (int column = 0; column < columns; column++) {
            if (!used[column]) {
                matrix[column][column] = 1;
            }
        }
        // The matrix is symmetric and positive: no need to look for a pivot.
        for (int column = 0; column < columns; column++) {
            double pivot = matrix[column][column];
            if (!(pivot > 0)) {
                throw new IllegalArgumentException(
                        "column %d of %d rows says nothing that the others do not".formatted(column, rows.length));
            }
            for (int row = 0; row < columns; row++) {
                double factor = matrix[row][column] / pivot;
                if (row != column && factor != 0) {
                    for (int k = column; k <= columns; k++) {
                        matrix[row][k] -= factor * matrix[column][k];
                    }
                }
            }
        }
        var weights = new double[columns];
        for (int column = 0; column < columns; column++) {
            weights[column] = matrix[column][columns] / matrix[column][column];
        }
        return weights;
    }
}
