// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.nio.ByteBuffer;

/**
 * Decides whether a request may be carried out, and with which error it is refused.
 *
 * <p>Source: proto.md, "Request types", "Command flags", "Error values".
 */
final class RequestRules {
    private final Export export;
    private final ReplyStyle style;
    private final int contextCount;
    private final long size;
    private final BlockLimits limits;

    RequestRules(Export export, ReplyStyle style, int contextCount) {
        this.export = export;
        this.style = style;
        this.contextCount = contextCount;
        size = export.storage().size();
        limits = export.options().limits();
    }

    boolean payloadFits(long length) {
        return length >= 0 && length <= limits.maximumPayload();
    }

    /** Returns the command, or throws what the client is to be told. */
    Command check(Request request, ByteBuffer payload) throws StorageException {
        var command = Command.of(request.type());
        if (command == null) {
            throw invalid("command " + request.type() + " is unknown, allowed are 0 to 7");
        }
        int allowed = allowedFlags(command);
        if ((request.flags() & ~allowed) != 0) {
            throw invalid("flags 0x" + Integer.toHexString(request.flags()) + " of " + command + ", allowed are 0x"
                    + Integer.toHexString(allowed));
        }
        switch (command) {
            case FLUSH -> {
                require(command, Capability.FLUSH);
                if (request.offset() != 0 || request.length() != 0) {
                    throw invalid("FLUSH with an offset or a length, allowed is 0");
                }
            }
            case READ -> {
                requirePayload(command, request.length());
                requireRange(command, request.offset(), request.length(), ErrorCode.EINVAL);
            }
            case WRITE -> {
                requireWritable(command);
                requirePayload(command, request.length());
                requireRange(command, request.offset(), request.length(), ErrorCode.ENOSPC);
            }
            case TRIM -> {
                requireWritable(command);
                require(command, Capability.TRIM);
                requireRange(command, request.offset(), request.length(), ErrorCode.EINVAL);
            }
            case CACHE -> {
                require(command, Capability.CACHE);
                requireRange(command, request.offset(), request.length(), ErrorCode.EINVAL);
            }
            case WRITE_ZEROES -> {
                requireWritable(command);
                require(command, Capability.WRITE_ZEROES);
                requireRange(command, request.offset(), request.length(), ErrorCode.ENOSPC);
            }
            case BLOCK_STATUS -> checkBlockStatus(request, payload);
            case DISC -> throw invalid("DISC has no reply");
        }
        return command;
    }

    private int allowedFlags(Command command) {
        int fua = export.can(Capability.FUA) && !export.readOnly() ? Command.FUA : 0;
        boolean extended = style == ReplyStyle.EXTENDED;
        return fua
                | switch (command) {
                    case READ -> style != ReplyStyle.SIMPLE && export.can(Capability.DF) ? Command.DF : 0;
                    case WRITE -> extended ? Command.PAYLOAD_LEN : 0;
                    case WRITE_ZEROES -> Command.NO_HOLE | (export.can(Capability.FAST_ZERO) ? Command.FAST_ZERO : 0);
                    case BLOCK_STATUS ->
                        Command.REQ_ONE
                                | (extended && export.can(Capability.BLOCK_STATUS_PAYLOAD) ? Command.PAYLOAD_LEN : 0);
                    case DISC, FLUSH, TRIM, CACHE -> 0;
                };
    }

    private void checkBlockStatus(Request request, ByteBuffer payload) throws StorageException {
        if (contextCount == 0) {
            throw invalid("BLOCK_STATUS without a negotiated context");
        }
        long length = request.length();
        if (request.has(Command.PAYLOAD_LEN)) {
            if (payload.remaining() < 12 || payload.remaining() % 4 != 0) {
                throw invalid("BLOCK_STATUS with a payload of " + payload.remaining()
                        + " bytes, allowed are 8 and 4 for each context");
            }
            length = payload.getLong(payload.position());
        }
        if (length == 0) {
            throw invalid("BLOCK_STATUS of 0 bytes");
        }
        requireRange(Command.BLOCK_STATUS, request.offset(), length, ErrorCode.EINVAL);
    }

    private void require(Command command, Capability capability) throws StorageException {
        if (!export.can(capability)) {
            throw invalid(command + " was not offered");
        }
    }

    private void requireWritable(Command command) throws StorageException {
        if (export.readOnly()) {
            throw new StorageException(ErrorCode.EPERM, command + " on a read-only export");
        }
    }

    private void requirePayload(Command command, long length) throws StorageException {
        if (!payloadFits(length)) {
            throw invalid(command + " of " + Long.toUnsignedString(length) + " bytes, allowed are "
                    + limits.maximumPayload());
        }
    }

    private void requireRange(Command command, long offset, long length, ErrorCode beyondTheEnd)
            throws StorageException {
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            throw new StorageException(
                    beyondTheEnd,
                    command + " of " + Long.toUnsignedString(length) + " bytes at " + Long.toUnsignedString(offset)
                            + " is outside the export of " + size);
        }
        int minimum = limits.minimum();
        if (offset % minimum != 0 || length % minimum != 0) {
            throw invalid(command + " of " + length + " bytes at " + offset + ", allowed are multiples of " + minimum);
        }
    }

    private static StorageException invalid(String message) {
        return new StorageException(ErrorCode.EINVAL, message);
    }
}
