// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

/**
 * What went over one connection since its handshake. The numbers are read one after the other while traffic goes on, so
 * they need not be of the same moment.
 *
 * @param requests requests sent; a read or write that was split counts for each part
 * @param inFlight requests sent or about to be sent, and not answered
 * @param bytesSent all bytes sent
 * @param bytesReceived all bytes received
 * @param payloadSent bytes of data written
 * @param payloadReceived bytes of data read; holes, which the server does not send, are not counted
 * @param chunks replies and chunks received
 */
public record ConnectionStats(
        long requests,
        int inFlight,
        long bytesSent,
        long bytesReceived,
        long payloadSent,
        long payloadReceived,
        long chunks) {}
