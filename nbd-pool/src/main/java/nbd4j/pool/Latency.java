// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.time.Duration;

/**
 * How long something took. Quantiles are upper bounds, at most a quarter too high; the maximum is exact.
 *
 * @param count how often it was measured
 * @param mean the arithmetic mean
 * @param median half took no longer
 * @param p99 all but one in a hundred took no longer
 * @param maximum the longest
 */
public record Latency(long count, Duration mean, Duration median, Duration p99, Duration maximum) {}
