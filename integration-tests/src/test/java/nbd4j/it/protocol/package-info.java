// SPDX-License-Identifier: Apache-2.0
/** The protocol with real servers: every way of replying, every server, every transport. */
@NullMarked
package nbd4j.it.protocol;

import org.jspecify.annotations.NullMarked;
