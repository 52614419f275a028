// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

/** What a pool counts. Guarded by the pool's lock. */
final class Counters {
    final Latencies callLatency = new Latencies();
    final Latencies waitLatency = new Latencies();
    /** Calls in flight, those on lost connections included. */
    int inFlight;

    /** Leases that are out, those of lost connections included. */
    int leased;

    long outstandingBytes;
    long dials;
    long dialFailures;
    long refused;
    long lost;
    long retired;
    long calls;
    long failures;
    long retries;
    long leases;
}
