// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.script;

import java.util.HexFormat;

/**
 * An option that a client sent.
 *
 * @param option its number
 * @param data its data in hex, without spaces
 */
public record SeenOption(int option, String data) {
    static SeenOption of(int option, byte[] data) {
        return new SeenOption(option, HexFormat.of().formatHex(data));
    }
}
