// SPDX-License-Identifier: Apache-2.0
/** Tests with real servers, real peers and the packaged command. {@link nbd4j.it.ServerProvider} starts the servers. */
@NullMarked
package nbd4j.it;

import org.jspecify.annotations.NullMarked;
