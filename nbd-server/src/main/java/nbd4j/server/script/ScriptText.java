// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.script;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Turns the text of a script into bytes; {@link ScriptedConnection#send} says how it is written. */
final class ScriptText {
    /** Most bytes of one text: twice the largest payload that servers usually take. */
    private static final int MAXIMUM_BYTES = 64 << 20;

    private ScriptText() {}

    static byte[] bytes(String text, Dialect dialect, List<SeenRequest> requests) {
        var out = new ByteArrayOutputStream();
        for (var token : text.trim().split("[\\s|]+", -1)) {
            if (token.isEmpty()) {
                continue;
            }
            if (token.startsWith("CK")) {
                out.writeBytes(cookie(token, requests));
            } else if (token.equals("GOOD")) {
                out.writeBytes(bytes(dialect.goodReply(last(token, requests)), dialect, requests));
            } else if (token.indexOf('*') > 0) {
                out.writeBytes(repeated(token));
            } else {
                out.writeBytes(HexFormat.of().parseHex(token));
            }
            if (out.size() > MAXIMUM_BYTES) {
                throw new IllegalArgumentException("script text of more than " + MAXIMUM_BYTES + " bytes");
            }
        }
        return out.toByteArray();
    }

    private static SeenRequest last(String token, List<SeenRequest> requests) {
        if (requests.isEmpty()) {
            throw new IllegalArgumentException(token + " before a request was read");
        }
        return requests.getLast();
    }

    /** CK, CK3, CK^1, CK3^1. */
    private static byte[] cookie(String token, List<SeenRequest> requests) {
        int flip = token.indexOf('^');
        var which = token.substring(2, flip < 0 ? token.length() : flip);
        var last = last(token, requests);
        var request = which.isEmpty() ? last : requests.get(Integer.parseInt(which) - 1);
        long mask = flip < 0 ? 0 : Long.parseLong(token.substring(flip + 1));
        return HexFormat.of().parseHex("%016x".formatted(request.cookie() ^ mask));
    }

    /** 55*4096. */
    private static byte[] repeated(String token) {
        int star = token.indexOf('*');
        var unit = HexFormat.of().parseHex(token.substring(0, star));
        int count = Integer.parseInt(token.substring(star + 1));
        if ((long) unit.length * count > MAXIMUM_BYTES) {
            throw new IllegalArgumentException(token + " is more than " + MAXIMUM_BYTES + " bytes");
        }
        var all = new byte[unit.length * count];
        if (unit.length == 1) {
            Arrays.fill(all, unit[0]);
            return all;
        }
        for (int i = 0; i < count; i++) {
            System.arraycopy(unit, 0, all, i * unit.length, unit.length);
        }
        return all;
    }
}
