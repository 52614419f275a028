// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.time.Duration;

/**
 * Something that shall go wrong, and when: give it to {@link Faults#add}.
 *
 * <p>Begin with {@link #on}, narrow it down, and end with what shall happen:
 * {@code Fault.on(Command.READ).within(0, 4096).nth(3).fail(ErrorCode.EIO)}.
 *
 * @param when which requests
 * @param effect what happens to them
 */
public record Fault(FaultTrigger when, Effect effect) {
    /** How a connection is ended. */
    public enum Ending {
        /** In order, as far as the client can tell. */
        CLOSE,
        /** With a TCP reset; over a Unix socket the same as CLOSE. */
        RESET
    }

    /** In which order replies that were held back are sent. */
    public enum Order {
        /** The last first. */
        REVERSED,
        /** At random, with a fixed seed. */
        SHUFFLED
    }

    /** What happens to a request. */
    public sealed interface Effect permits Fail, Delay, Drop, Cut, Stall, Hold {}

    /**
     * The request is not carried out and answered with an error.
     *
     * @param error value on the wire, not 0
     * @param message text for people, sent where replies have chunks
     */
    public record Fail(int error, String message) implements Effect {
        /** Checks that it is an error. */
        public Fail {
            if (error == 0) {
                throw new IllegalArgumentException("error 0 means success, allowed are other values");
            }
        }
    }

    /**
     * The request waits before it is carried out; others do not wait for it. Delays add up with other faults.
     *
     * @param time how long
     */
    public record Delay(Duration time) implements Effect {}

    /**
     * The request is not carried out and the connection ends.
     *
     * @param ending how
     */
    public record Drop(Ending ending) implements Effect {}

    /**
     * The request is carried out, but the connection ends after some bytes of its reply.
     *
     * @param bytes how many bytes are sent
     * @param ending how it ends
     */
    public record Cut(int bytes, Ending ending) implements Effect {}

    /** The request is not carried out and never answered; the connection stays. */
    public record Stall() implements Effect {}

    /**
     * The reply waits for others, which are then sent in another order.
     *
     * @param count how many replies are collected
     * @param order in which they are sent
     * @param limit after which time they are sent even if they are fewer
     */
    public record Hold(int count, Order order, Duration limit) implements Effect {}

    /**
     * Begins a fault for requests of some kinds.
     *
     * @param commands the kinds; none for all
     * @return the start, which matches each of them on every connection
     */
    public static FaultTrigger on(Command... commands) {
        return FaultTrigger.on(commands);
    }
}
