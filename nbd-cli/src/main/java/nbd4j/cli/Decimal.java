// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers with a fraction, written with a point whatever the locale, as C's printf writes them. */
final class Decimal {
    /** What {@code %g} keeps. */
    private static final int SIGNIFICANT_DIGITS = 6;

    private Decimal() {}

    /** Returns the number with a fixed count of digits after the point: {@code %.1f}. */
    static String of(double number, int digits) {
        return new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    }

    /** Returns the number with six significant digits and no needless zeroes: {@code %g}. */
    static String general(double number) {
        if (number == 0) {
            return "0";
        }
        BigDecimal rounded = new BigDecimal(number).round(new MathContext(SIGNIFICANT_DIGITS, RoundingMode.HALF_EVEN));
        rounded = rounded.stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < SIGNIFICANT_DIGITS) {
            return rounded.toPlainString();
        }
        return rounded.movePointLeft(exponent).toPlainString()
                + (exponent < 0 ? "e-" : "e+")
                + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }
}
