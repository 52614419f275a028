// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** The NBD protocol, client side. */
@NullMarked
module nbd4j.protocol {
    requires static org.bouncycastle.tls;
    requires static org.jspecify;
    requires jdk.jfr;
    requires org.slf4j;

    exports nbd4j.client;
    exports nbd4j.model;
    exports nbd4j.uri;
}
