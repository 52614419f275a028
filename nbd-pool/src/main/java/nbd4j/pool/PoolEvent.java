// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.time.Duration;

/** Something that happened to the connections of a pool. Connections are numbered from 0. */
public sealed interface PoolEvent {
    /**
     * A connection was made and is in use from now on.
     *
     * @param connection which one
     * @param took how long dialling took
     */
    record Connected(int connection, Duration took) implements PoolEvent {}

    /**
     * A connection could not be made.
     *
     * @param connection which one
     * @param failures how many attempts in a row failed
     * @param next how long until the next attempt
     * @param cause why
     */
    record DialFailed(int connection, int failures, Duration next, Throwable cause) implements PoolEvent {}

    /**
     * A connection was made, but does not lead to the export of this pool; it was closed again.
     *
     * @param connection which one
     * @param difference what differs
     */
    record Refused(int connection, String difference) implements PoolEvent {}

    /**
     * There are fewer connections than wished for; the pool goes on with those it has and tries for the others. Told
     * once, and again only after the pool was complete in between.
     *
     * @param live how many connections there are
     * @param wished how many there should be
     * @param cause why one of them could not be made
     */
    record Degraded(int live, int wished, Throwable cause) implements PoolEvent {}

    /**
     * A connection died.
     *
     * @param connection which one
     * @param cause what the call said that found it, or what the pool found
     */
    record Lost(int connection, String cause) implements PoolEvent {}

    /**
     * A connection reached its maximum age and was closed.
     *
     * @param connection which one
     * @param age how old it was
     */
    record Retired(int connection, Duration age) implements PoolEvent {}

    /**
     * Writes since the last good flush may be gone.
     *
     * @param lifetime the number that holds from now on
     */
    record LifetimeChanged(long lifetime) implements PoolEvent {}

    /**
     * A lease was not returned in time.
     *
     * @param connection which one is missing
     * @param held how long by now
     * @param borrower where it was taken
     */
    record Leaked(int connection, Duration held, Throwable borrower) implements PoolEvent {}

    /**
     * The pool cannot go on: the server came back with another export.
     *
     * @param reason what differs
     */
    record Failed(String reason) implements PoolEvent {}

    /** The pool was closed or aborted. */
    record Closed() implements PoolEvent {}
}
