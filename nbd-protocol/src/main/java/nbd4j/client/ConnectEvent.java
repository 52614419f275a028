// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import nbd4j.model.Printable;
import nbd4j.transport.Transport;
import nbd4j.uri.NbdAddress;

/** Opening a transport, for flight recordings. Callers ask
 * {@link jdk.jfr.FlightRecorder#isInitialized()} first, so that this class is not even loaded before somebody records. */
@Name("nbd4j.Connect")
@Label("NBD Connect")
@Description("A connection was made to a server, or could not be made")
@Category("nbd4j")
@StackTrace(false)
final class ConnectEvent extends Event {
    @Label("Address")
    String address = "";

    @Label("Failure")
    @Description("Why there is no connection; empty if there is one")
    String failure = "";

    /** Something that connects. */
    interface Step {
        Transport connect() throws IOException;
    }

    /**
     * Connects, and emits how that went.
     *
     * @param address without secrets and safe to show
     */
    static Transport record(String address, Step step) throws IOException {
        var event = new ConnectEvent();
        event.begin();
        try {
            Transport transport = step.connect();
            event.end();
            return transport;
        } catch (IOException | RuntimeException e) {
            event.end();
            event.failure = text(e);
            throw e;
        } finally {
            if (event.shouldCommit()) {
                event.address = address;
                event.commit();
            }
        }
    }

    /** Returns what a failure says; the messages of this library have no secrets in them. */
    static String text(Exception failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    /** Returns an address for people. */
    static String text(NbdAddress address) {
        return Printable.escape(
                switch (address) {
                    case NbdAddress.Tcp tcp -> tcp.host() + ":" + tcp.port();
                    case NbdAddress.Unix unix -> unix.path();
                    case NbdAddress.Vsock vsock -> "vsock " + vsock.cid() + ":" + vsock.port();
                });
    }
}
