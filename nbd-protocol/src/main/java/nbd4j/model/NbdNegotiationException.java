// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * The server refused an option, or what it offers is not what was asked for. No connection was made; an
 * {@code NbdNegotiation} is still usable after a refused option.
 *
 * <p>Source: proto.md, "Option reply types".
 */
public final class NbdNegotiationException extends NbdException {
    private static final long serialVersionUID = 1L;

    private final OptionError error;
    private final long errorValue;

    /**
     * Creates a refusal.
     *
     * @param message what was asked, what was found, what is allowed
     * @param errorValue the reply type as sent, unsigned 32 bits; 0 if this client refused
     */
    public NbdNegotiationException(String message, long errorValue) {
        super(message);
        this.error = OptionError.of(errorValue);
        this.errorValue = errorValue;
    }

    /** Returns the kind of refusal. */
    public OptionError error() {
        return error;
    }

    /** Returns the reply type as sent, unsigned 32 bits; 0 if this client refused. */
    public long errorValue() {
        return errorValue;
    }

    @Override
    public boolean retryable() {
        return error == OptionError.SHUTDOWN;
    }
}
