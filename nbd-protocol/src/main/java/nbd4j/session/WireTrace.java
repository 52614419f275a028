// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import nbd4j.wire.Command;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells each request and each reply to the logger {@code nbd4j.wire} at level TRACE: headers only, never a payload and
 * never a secret.
 */
final class WireTrace {
    private static final Logger LOGGER = LoggerFactory.getLogger("nbd4j.wire");

    private final String name;

    WireTrace(String name) {
        this.name = name;
    }

    void sent(Command command, int flags, long cookie, long offset, long length) {
        if (LOGGER.isTraceEnabled()) {
            LOGGER.trace(
                    "{}: -> {} cookie {} flags 0x{} offset {} length {}",
                    name,
                    command,
                    Long.toHexString(cookie),
                    Integer.toHexString(flags),
                    offset,
                    length);
        }
    }

    void simple(long cookie, long error) {
        if (LOGGER.isTraceEnabled()) {
            LOGGER.trace("{}: <- simple reply cookie {} error {}", name, Long.toHexString(cookie), error);
        }
    }

    void chunk(int type, int flags, long cookie, long length) {
        if (LOGGER.isTraceEnabled()) {
            LOGGER.trace(
                    "{}: <- chunk type 0x{} flags 0x{} cookie {} length {}",
                    name,
                    Integer.toHexString(type),
                    Integer.toHexString(flags),
                    Long.toHexString(cookie),
                    length);
        }
    }
}
