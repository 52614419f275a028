// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;

/** One end of a copy failed for good. The message names the end, the cause is what it threw. */
public final class EndpointException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Side side;

    /** Which end. */
    public enum Side {
        /** Where the copy reads. */
        SOURCE("source"),
        /** Where the copy writes. */
        TARGET("target");

        private final String word;

        Side(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** Creates the failure of one end. */
    public EndpointException(Side side, String message, Throwable cause) {
        super(side + ": " + message, cause);
        this.side = side;
    }

    /** Creates a refusal by the copier, for which nothing was thrown. */
    public EndpointException(Side side, String message) {
        super(side + ": " + message);
        this.side = side;
    }

    /** Returns which end failed. */
    public Side side() {
        return side;
    }
}
