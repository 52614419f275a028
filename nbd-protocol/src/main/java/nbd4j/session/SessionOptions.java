// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.time.Duration;
import java.util.Set;
import nbd4j.model.ClientCheck;

/**
 * How a session behaves; a duration of zero means no limit.
 *
 * @param silenceTimeout limit without a byte from the server while requests are outstanding
 * @param requestTimeout limit for each request
 * @param closeTimeout limit for each wait of an orderly close
 * @param ownThreads whether the session reads and writes on threads of its own, or on its callers'
 * @param checks the rules to check before a request is sent
 * @param maximumRequests most requests in flight, 1 to {@link InFlight#MAXIMUM}
 */
public record SessionOptions(
        Duration silenceTimeout,
        Duration requestTimeout,
        Duration closeTimeout,
        boolean ownThreads,
        Set<ClientCheck> checks,
        int maximumRequests) {}
