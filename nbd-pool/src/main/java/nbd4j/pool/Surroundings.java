// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.util.Random;
import java.util.concurrent.ThreadFactory;
import java.util.random.RandomGenerator;

/**
 * All that a pool takes from outside, so that its tests can put something of their own in its place.
 *
 * @param name what the pool calls itself in messages and logs: the URI
 * @param dialer makes connections
 * @param time the clock
 * @param threads makes the pool's own threads: housekeeping, dialling, hanging up
 * @param random spreads the delays; used under the pool's lock or by the thread that retries
 * @param files tells how many more connections this process can have
 */
record Surroundings(
        String name, Dialer dialer, PoolTime time, ThreadFactory threads, RandomGenerator random, OpenFiles files) {
    /** Returns the real ones. The default random generator would be found by a search that costs 30 ms. */
    static Surroundings real(String name, Dialer dialer, ThreadFactory threads) {
        return new Surroundings(name, dialer, PoolTime.SYSTEM, threads, new Random(), OpenFiles.ofThisProcess());
    }
}
