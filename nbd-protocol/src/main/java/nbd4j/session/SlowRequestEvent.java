// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.util.concurrent.TimeUnit;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A request that took long, for flight recordings. Costs a comparison for each request when it is not recorded. */
@Name("nbd4j.SlowRequest")
@Label("Slow NBD Request")
@Category("nbd4j")
@StackTrace(false)
final class SlowRequestEvent extends Event {
    /** Requests from this duration on are slow. */
    private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    @Label("Connection")
    String connection = "";

    @Label("Command")
    String command = "";

    @Label("Offset")
    long offset;

    @Label("Length")
    @DataAmount
    long length;

    @Label("Latency")
    @Timespan(Timespan.NANOSECONDS)
    long latency;

    /** Emits the event if the request was slow and somebody records. */
    static void emit(Request request, String connection) {
        long latency = System.nanoTime() - request.submittedNanos;
        if (latency < SLOW_NANOS
                || !EventType.getEventType(SlowRequestEvent.class).isEnabled()) {
            return;
        }
        var event = new SlowRequestEvent();
        event.connection = connection;
        event.command = request.command.name();
        event.offset = request.offset;
        event.length = request.affected();
        event.latency = latency;
        event.commit();
    }
}
