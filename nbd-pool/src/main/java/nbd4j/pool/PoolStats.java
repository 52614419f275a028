// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

/**
 * A pool at one moment. The first block of numbers is how things stand, the second counts from the opening on.
 *
 * @param wished how many connections the pool wants to have
 * @param live how many it has
 * @param leased how many leases are out
 * @param dialling how many attempts to connect are under way
 * @param waiting how many callers wait for a connection
 * @param inFlight how many shared calls are in flight
 * @param outstandingBytes the bytes of the shared calls in flight
 * @param lifetime see {@link SharedCalls#lifetime()}
 * @param dials attempts to connect
 * @param dialFailures attempts that failed, refused ones included
 * @param refused connections closed again because they lead to another export
 * @param lost connections that died
 * @param retired connections replaced for their age
 * @param calls shared calls that ended
 * @param failures shared calls that ended with an exception
 * @param retries shared calls that were repeated
 * @param leases leases that were given
 * @param callLatency how long shared calls took, waits not included
 * @param waitLatency how long callers waited that had to
 */
public record PoolStats(
        int wished,
        int live,
        int leased,
        int dialling,
        int waiting,
        int inFlight,
        long outstandingBytes,
        long lifetime,
        long dials,
        long dialFailures,
        long refused,
        long lost,
        long retired,
        long calls,
        long failures,
        long retries,
        long leases,
        Latency callLatency,
        Latency waitLatency) {}
