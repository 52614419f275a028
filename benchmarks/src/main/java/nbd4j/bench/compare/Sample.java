// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

/**
 * One run of one program, as the operating system accounts for it.
 *
 * @param wallSeconds from start to end
 * @param cpuSeconds user and system time together
 * @param peakKib largest resident set
 * @param value what the program itself measured, such as requests a second; 0 if nothing
 */
record Sample(double wallSeconds, double cpuSeconds, long peakKib, double value) {}
