// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which requests a fault is for. Those that match are counted, over all connections, and of the count some are chosen.
 *
 * @param commands kinds that match; empty for all
 * @param offset start of the range that a request must touch, bytes
 * @param length of that range, bytes
 * @param connection number of the connection, from 1; 0 for all
 * @param export name of the export, or null for all
 * @param skip how many matching requests are left alone first
 * @param step of the rest, each which-th is chosen, beginning with the first
 * @param times how many are chosen at most
 */
public record FaultTrigger(
        Set<Command> commands,
        long offset,
        long length,
        int connection,
        @Nullable String export,
        long skip,
        long step,
        long times) {
    private static final Duration HOLD_LIMIT = Duration.ofSeconds(1);

    /** Checks the counts. */
    public FaultTrigger {
        commands = Set.copyOf(commands);
        if (offset < 0 || length < 0 || connection < 0 || skip < 0 || step < 1 || times < 0) {
            throw new IllegalArgumentException("negative number, or a step of 0, in a fault: offset " + offset
                    + ", length " + length + ", connection " + connection + ", skip " + skip + ", step " + step
                    + ", times " + times);
        }
    }

    static FaultTrigger on(Command... commands) {
        return new FaultTrigger(Set.copyOf(List.of(commands)), 0, Long.MAX_VALUE, 0, null, 0, 1, Long.MAX_VALUE);
    }

    /**
     * Matches only requests that touch a range.
     *
     * @param from start, bytes
     * @param count length, bytes
     * @return a copy
     */
    public FaultTrigger within(long from, long count) {
        return new FaultTrigger(commands, from, count, connection, export, skip, step, times);
    }

    /**
     * Matches only requests of one connection.
     *
     * @param number from 1
     * @return a copy
     */
    public FaultTrigger onConnection(int number) {
        return new FaultTrigger(commands, offset, length, number, export, skip, step, times);
    }

    /**
     * Matches only requests to one export.
     *
     * @param name its name
     * @return a copy
     */
    public FaultTrigger onExport(String name) {
        return new FaultTrigger(commands, offset, length, connection, name, skip, step, times);
    }

    /**
     * Chooses one request.
     *
     * @param which 1 for the first that matches
     * @return a copy
     */
    public FaultTrigger nth(long which) {
        return new FaultTrigger(commands, offset, length, connection, export, which - 1, 1, 1);
    }

    /**
     * Chooses the first requests.
     *
     * @param count how many
     * @return a copy
     */
    public FaultTrigger first(long count) {
        return new FaultTrigger(commands, offset, length, connection, export, 0, 1, count);
    }

    /**
     * Chooses each which-th request.
     *
     * @param which 2 for the second, fourth and so on
     * @return a copy
     */
    public FaultTrigger every(long which) {
        return new FaultTrigger(commands, offset, length, connection, export, which - 1, which, Long.MAX_VALUE);
    }

    /**
     * Leaves the first requests alone.
     *
     * @param count how many
     * @return a copy
     */
    public FaultTrigger after(long count) {
        return new FaultTrigger(commands, offset, length, connection, export, count, step, times);
    }

    /**
     * Fails the requests.
     *
     * @param error what the client is told
     * @return the fault
     */
    public Fault fail(ErrorCode error) {
        return fail(error.number(), "failed on demand");
    }

    /**
     * Fails the requests.
     *
     * @param error value on the wire, not 0, known or not
     * @param message text for people
     * @return the fault
     */
    public Fault fail(int error, String message) {
        return new Fault(this, new Fault.Fail(error, message));
    }

    /**
     * Delays the requests.
     *
     * @param time how long
     * @return the fault
     */
    public Fault delay(Duration time) {
        return new Fault(this, new Fault.Delay(time));
    }

    /**
     * Closes the connection instead.
     *
     * @return the fault
     */
    public Fault drop() {
        return new Fault(this, new Fault.Drop(Fault.Ending.CLOSE));
    }

    /**
     * Resets the connection instead.
     *
     * @return the fault
     */
    public Fault reset() {
        return new Fault(this, new Fault.Drop(Fault.Ending.RESET));
    }

    /**
     * Closes the connection in the middle of the reply.
     *
     * @param bytes how many bytes of it are sent
     * @return the fault
     */
    public Fault cut(int bytes) {
        return new Fault(this, new Fault.Cut(bytes, Fault.Ending.CLOSE));
    }

    /**
     * Never answers.
     *
     * @return the fault
     */
    public Fault stall() {
        return new Fault(this, new Fault.Stall());
    }

    /**
     * Answers out of order, after a second at the latest.
     *
     * @param count how many replies are collected on a connection
     * @param order in which they are sent
     * @return the fault
     */
    public Fault hold(int count, Fault.Order order) {
        return new Fault(this, new Fault.Hold(count, order, HOLD_LIMIT));
    }

    boolean matches(int onConnection, String onExport, Request request) {
        if ((connection != 0 && connection != onConnection) || (export != null && !export.equals(onExport))) {
            return false;
        }
        var command = Command.of(request.type());
        if (!commands.isEmpty() && (command == null || !commands.contains(command))) {
            return false;
        }
        if (offset == 0 && length == Long.MAX_VALUE) {
            return true;
        }
        boolean beginsBeforeTheEnd = Long.compareUnsigned(request.offset(), offset + length) < 0;
        return beginsBeforeTheEnd && Long.compareUnsigned(request.offset() + request.length(), offset) > 0;
    }

    /** Returns whether the count-th matching request, from 1, is chosen, if any number may be. */
    boolean chooses(long count) {
        long after = count - skip - 1;
        return after >= 0 && after % step == 0 && after / step < times;
    }
}
