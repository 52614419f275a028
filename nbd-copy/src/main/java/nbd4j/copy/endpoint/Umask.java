// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/**
 * The permissions that a process takes away from files it creates.
 *
 * @param bits as umask(2) has them, 9 bits used
 */
record Umask(int bits) {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String FIELD = "Umask:";
    private static final Umask USUAL = new Umask(0b000_010_010);

    /** Returns this process's mask, or the usual 022 where it cannot be found out. */
    static Umask ofThisProcess() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return USUAL;
        }
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith(FIELD)) {
                return new Umask(Integer.parseInt(line.substring(FIELD.length()).strip(), 8) & 0x1FF);
            }
        }
        return USUAL;
    }

    /** Returns what a new file may be used for: read and write, less the mask. */
    Set<PosixFilePermission> newFile() {
        Set<PosixFilePermission> all = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] order = PosixFilePermission.values(); // owner r w x, group r w x, others r w x
        for (int index = 0; index < order.length; index++) {
            boolean execute = index % 3 == 2;
            boolean masked = (bits & (1 << (order.length - 1 - index))) != 0;
            if (!execute && !masked) {
                all.add(order[index]);
            }
        }
        return all;
    }
}
