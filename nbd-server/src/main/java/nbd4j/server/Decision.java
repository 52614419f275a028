// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.time.Duration;

/**
 * What faults make of one request.
 *
 * @param delay before anything else
 * @param effect instead of, or after, carrying it out
 */
record Decision(Duration delay, Fault.Effect effect) {
    static final Decision NONE = new Decision(Duration.ZERO, new Fault.Delay(Duration.ZERO));
}
