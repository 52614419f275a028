// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import nbd4j.model.Export;
import nbd4j.transport.Transport;

/**
 * A handshake from before the greeting to the choice of an export, for flight recordings. For one thread at a time.
 *
 * <p>Callers ask {@link jdk.jfr.FlightRecorder#isInitialized()} first, so that this class is not even loaded before
 * somebody records.
 */
@Name("nbd4j.Handshake")
@Label("NBD Handshake")
@Description("A handshake ended: with an export, with a failure, or because the caller closed it")
@Category("nbd4j")
@StackTrace(false)
final class HandshakeEvent extends Event {
    @Label("Address")
    String address = "";

    @Label("TLS")
    boolean tls;

    @Label("Reply Style")
    @Description("How the server will answer; empty if no export was chosen")
    String replyStyle = "";

    @Label("Failure")
    @Description("The last failure; empty if an export was chosen, or if none was wanted")
    String failure = "";

    /** Begins an event. */
    static HandshakeEvent begun(Transport transport) {
        var event = new HandshakeEvent();
        event.address = transport.peer();
        event.begin();
        return event;
    }

    /** Emits the event: there is an export. */
    void chose(Export export) {
        failure = "";
        replyStyle = export.replyStyle().name();
        end(export.tls());
    }

    /** Remembers a failure, which may not be the end. */
    void failed(Exception cause) {
        failure = ConnectEvent.text(cause);
    }

    /** Emits the event: there will be no export. */
    void end(boolean encrypted) {
        end();
        if (shouldCommit()) {
            tls = encrypted;
            commit();
        }
    }
}
