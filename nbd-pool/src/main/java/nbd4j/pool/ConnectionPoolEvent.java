// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A {@link PoolEvent} for the flight recorder. */
@Name("nbd4j.ConnectionPool")
@Label("NBD Connection Pool")
@Description("Something that happened to the connections of an NBD pool")
@Category("NBD")
@StackTrace(false)
final class ConnectionPoolEvent extends Event {
    @Label("Pool")
    final String pool;

    @Label("Kind")
    final String kind;

    @Label("Details")
    final String details;

    private ConnectionPoolEvent(String pool, String kind, String details) {
        this.pool = pool;
        this.kind = kind;
        this.details = details;
    }

    static void record(String pool, PoolEvent what) {
        var event = new ConnectionPoolEvent(pool, what.getClass().getSimpleName(), what.toString());
        if (event.shouldCommit()) {
            event.commit();
        }
    }
}
