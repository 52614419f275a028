// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** A pool of NBD connections to one export. */
@NullMarked
module nbd4j.pool {
    requires static org.jspecify;
    requires transitive nbd4j.protocol;
    requires jdk.jfr;
    requires org.slf4j;

    exports nbd4j.pool;
}
