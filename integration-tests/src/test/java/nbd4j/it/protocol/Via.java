// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.protocol;

import nbd4j.it.ServerCommand.Listen;

/** How a client reaches a server. */
enum Via {
    TCP(Listen.TCP, Security.NONE),
    UNIX(Listen.UNIX, Security.NONE),
    TLS_TCP(Listen.TCP, Security.X509),
    TLS_UNIX(Listen.UNIX, Security.X509),
    PSK_TCP(Listen.TCP, Security.PSK),
    PSK_UNIX(Listen.UNIX, Security.PSK);

    /** What keeps others from listening. */
    enum Security {
        NONE,
        X509,
        PSK
    }

    private final Listen listen;
    private final Security security;

    Via(Listen listen, Security security) {
        this.listen = listen;
        this.security = security;
    }

    Listen listen() {
        return listen;
    }

    Security security() {
        return security;
    }
}
