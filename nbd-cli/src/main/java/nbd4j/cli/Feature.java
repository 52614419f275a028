// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.Locale;
import nbd4j.model.Export;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;

/** The questions of {@code --can}, {@code --is} and {@code --has}, with every spelling that nbdinfo knows. */
enum Feature {
    BLOCK_STATUS_PAYLOAD,
    CACHE,
    CONNECT,
    DF,
    EXTENDED_HEADERS,
    FAST_ZERO,
    FLUSH,
    FUA,
    MULTI_CONN,
    READ,
    READ_ONLY,
    ROTATIONAL,
    STRUCTURED_REPLY,
    TLS,
    TRIM,
    WRITE,
    ZERO;

    /** The names as the help shows them. */
    static final String NAMES =
            "block-status-payload, cache, connect, df, extended-headers, fast-zero, flush, fua, multi-conn, read,\n"
                    + "read-only, rotational, structured-reply, tls, trim, write, zero";

    /** Returns the feature of a name; capitals do not matter. */
    static Feature of(String name) throws FailureException {
        String plain =
                name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "").replace(" ", "");
        return switch (plain) {
            case "blockstatuspayload" -> BLOCK_STATUS_PAYLOAD;
            case "cache" -> CACHE;
            case "connect" -> CONNECT;
            case "df" -> DF;
            case "eh", "extended", "extendedheader", "extendedheaders" -> EXTENDED_HEADERS;
            case "fastzero" -> FAST_ZERO;
            case "flush" -> FLUSH;
            case "fua" -> FUA;
            case "multiconn" -> MULTI_CONN;
            case "read" -> READ;
            case "readonly" -> READ_ONLY;
            case "rotational" -> ROTATIONAL;
            case "sr", "structured", "structuredreply", "structuredreplies" -> STRUCTURED_REPLY;
            case "tls" -> TLS;
            case "trim" -> TRIM;
            case "write" -> WRITE;
            case "zero" -> ZERO;
            default ->
                throw new FailureException(
                        ExitCode.FAILED,
                        "--can, --is or --has does not know '%s'; it knows %s"
                                .formatted(OneLine.of(name), NAMES.replace('\n', ' ')));
        };
    }

    /** Answers for an export that we are connected to. */
    boolean of(Export export) {
        TransmissionFlags flags = export.info().flags();
        return switch (this) {
            case BLOCK_STATUS_PAYLOAD -> flags.canBlockStatusPayload();
            case CACHE -> flags.canCache();
            case CONNECT, READ -> true;
            case DF -> flags.canDf();
            case EXTENDED_HEADERS -> export.replyStyle() == ReplyStyle.EXTENDED;
            case FAST_ZERO -> flags.canFastZero();
            case FLUSH -> flags.canFlush();
            case FUA -> flags.canFua();
            case MULTI_CONN -> flags.canMultiConn();
            case READ_ONLY -> flags.readOnly();
            case ROTATIONAL -> flags.rotational();
            case STRUCTURED_REPLY -> export.replyStyle() != ReplyStyle.SIMPLE;
            case TLS -> export.tls();
            case TRIM -> flags.canTrim();
            case WRITE -> !flags.readOnly();
            case ZERO -> flags.canWriteZeroes();
        };
    }
}
