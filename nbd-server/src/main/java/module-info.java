// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** An embedded NBD server. */
@NullMarked
module nbd4j.server {
    requires static org.jspecify;
    requires org.slf4j;

    exports nbd4j.server;
    exports nbd4j.server.script;
}
