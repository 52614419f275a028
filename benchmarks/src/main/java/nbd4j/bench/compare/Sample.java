// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

/**
 * One run of one program, as the operating system accounts for it.
 *
 * @param wallSeconds from start to end
 * @param cpuSeconds user and system time together
 * @param peakMib largest resident set
 * @param rate requests a second as the program itself measured them; 0 if it did not
 */
public record Sample(double wallSeconds, double cpuSeconds, double peakMib, double rate) {}
