// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

/** Which threads read and write a connection's channel. It matters because an interrupt inside channel I/O closes it. */
public enum ChannelThreads {
    /**
     * The connection owns two virtual threads, one that reads and one that writes. A caller that is interrupted, or
     * whose request times out, gives up its own request only; the others go on. The default.
     */
    OWN,
    /**
     * The callers write their own requests, and whichever caller waits reads for all. Saves two hand-overs between
     * threads for each request, which is worth a fifth at one request at a time. The price: interrupting a caller
     * closes the connection for everybody if the caller is at the channel just then, or its buffer is in use; and so
     * does a request that times out. For those who own all the callers.
     */
    CALLERS
}
