// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLSession;

/** The memory of one TLS transport, allocated once and outside the heap. */
final class TlsBuffers {
    /** Records that one system call may carry: fewer calls for large payloads, at little cost in memory. */
    private static final int RECORDS = 8;

    /** Between calls: from position to limit, what was received and not yet decrypted. */
    final ByteBuffer encryptedIn;

    final ByteBuffer encryptedOut;
    /** Between calls: from position to limit, what was decrypted and did not fit into the reader's buffers. */
    final ByteBuffer decrypted;
    /** No record is larger. */
    final int recordBytes;

    TlsBuffers(SSLSession session) {
        recordBytes = session.getPacketBufferSize();
        encryptedIn = ByteBuffer.allocateDirect(RECORDS * recordBytes).limit(0);
        encryptedOut = ByteBuffer.allocateDirect(RECORDS * recordBytes);
        decrypted =
                ByteBuffer.allocateDirect(session.getApplicationBufferSize()).limit(0);
    }

    /** Receives more behind what is not yet decrypted; returns whether the peer sent any, false at the end. */
    boolean fill(Transport plain) throws IOException {
        encryptedIn.compact();
        try {
            return plain.read(encryptedIn) >= 0;
        } finally {
            encryptedIn.flip();
        }
    }
}
