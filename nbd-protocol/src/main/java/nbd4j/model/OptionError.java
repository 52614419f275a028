// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * Why an option was refused.
 *
 * <p>Source: proto.md, "Option reply types".
 */
public enum OptionError {
    /** The server does not know the option. */
    UNSUPPORTED(0x8000_0001L),
    /** The server's policy forbids it. */
    POLICY(0x8000_0002L),
    /** The option's data is not valid, or not valid now. */
    INVALID(0x8000_0003L),
    /** The server's platform lacks it. */
    PLATFORM(0x8000_0004L),
    /** The server wants TLS first. */
    TLS_REQUIRED(0x8000_0005L),
    /** There is no such export. */
    UNKNOWN(0x8000_0006L),
    /** The server is shutting down. */
    SHUTDOWN(0x8000_0007L),
    /** The server wants the client to ask for block sizes. */
    BLOCK_SIZE_REQUIRED(0x8000_0008L),
    /** The request, or its reply, is too big. */
    TOO_BIG(0x8000_0009L),
    /** The server wants extended headers first. */
    EXTENDED_HEADERS_REQUIRED(0x8000_000AL),
    /** An error that the specification does not name. */
    OTHER(-1),
    /** Not the server but this client refused. */
    CLIENT(0);

    private final long value;

    OptionError(long value) {
        this.value = value;
    }

    /** Returns the meaning of a reply type, unsigned 32 bits; {@link #OTHER} for one that is not named. */
    public static OptionError of(long value) {
        for (OptionError error : values()) {
            if (error.value == value) {
                return error;
            }
        }
        return OTHER;
    }
}
