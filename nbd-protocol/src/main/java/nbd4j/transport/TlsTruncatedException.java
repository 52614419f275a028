// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import javax.net.ssl.SSLException;

/**
 * The peer closed the connection without saying so within TLS. Somebody in between may have cut it: while replies are
 * awaited, this is a failure. After the last word was said on both sides it means nothing; some servers never say it.
 */
public final class TlsTruncatedException extends SSLException {
    private static final long serialVersionUID = 1L;

    TlsTruncatedException(String message) {
        super(message);
    }
}
