// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.util.EnumSet;
import java.util.Set;
import nbd4j.model.ClientCheck;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;
import nbd4j.wire.Command;

/**
 * What a client may send. A request that breaks a rule is refused before a byte of it is sent: with an
 * {@code IllegalArgumentException} if the range or a flag is wrong, with an {@code IllegalStateException} if this export
 * does not take the command. Immutable; any thread enters.
 *
 * <p>Source: proto.md, "Transmission flags", "Size constraints", "Command flags", "Request types".
 */
final class CommandRules {
    private final Export export;
    private final EnumSet<ClientCheck> checks;

    CommandRules(Export export, Set<ClientCheck> checks) {
        this.export = export;
        this.checks = EnumSet.noneOf(ClientCheck.class);
        this.checks.addAll(checks);
    }

    boolean checks(ClientCheck check) {
        return checks.contains(check);
    }

    /** Refuses a command that may not be sent. */
    void check(Command command, int flags, long offset, long length) {
        TransmissionFlags can = export.flags();
        if (command.writes() && can.readOnly() && checks(ClientCheck.READ_ONLY)) {
            throw new IllegalStateException("%s: the export is read-only".formatted(command.words()));
        }
        if (checks(ClientCheck.CAPABILITY)) {
            checkCapability(command, flags, can);
        }
        if (checks(ClientCheck.FLAGS) && (flags & ~command.legalBits()) != 0) {
            throw new IllegalArgumentException("%s: flags %s are not legal; allowed are %s"
                    .formatted(command.words(), CommandFlag.of(flags & ~command.legalBits()), command.legalFlags()));
        }
        if (command == Command.FLUSH) {
            return;
        }
        if (offset < 0 || length < 0 || (checks(ClientCheck.BOUNDS) && length > export.size() - offset)) {
            throw new IllegalArgumentException("%s of %d bytes at %d is outside the export of %d bytes"
                    .formatted(command.words(), length, offset, export.size()));
        }
        int minimum = export.blockSizes().minimum();
        if (checks(ClientCheck.ALIGNMENT) && ((offset | length) & (minimum - 1)) != 0) {
            throw new IllegalArgumentException(
                    "%s of %d bytes at %d: offset and length must be multiples of the minimum block size %d"
                            .formatted(command.words(), length, offset, minimum));
        }
    }

    private void checkCapability(Command command, int flags, TransmissionFlags can) {
        boolean able = switch (command) {
            case READ, WRITE, DISC -> true;
            case FLUSH -> can.canFlush();
            case TRIM -> can.canTrim();
            case CACHE -> can.canCache();
            case WRITE_ZEROES -> can.canWriteZeroes();
            case BLOCK_STATUS ->
                export.replyStyle() != ReplyStyle.SIMPLE && !export.contexts().isEmpty();
        };
        if (!able) {
            throw new IllegalStateException(
                    command == Command.BLOCK_STATUS
                            ? "block status: no metadata context was negotiated"
                            : "%s: the server does not offer it".formatted(command.words()));
        }
        checkFlag(command, flags, CommandFlag.FUA, can.canFua());
        checkFlag(command, flags, CommandFlag.DF, can.canDf());
        checkFlag(command, flags, CommandFlag.FAST_ZERO, can.canFastZero());
    }

    private static void checkFlag(Command command, int flags, CommandFlag flag, boolean able) {
        if ((flags & flag.bit()) != 0 && !able) {
            throw new IllegalStateException(
                    "%s with flag %s: the server does not offer the flag".formatted(command.words(), flag));
        }
    }
}
