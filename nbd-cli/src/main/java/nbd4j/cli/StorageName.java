// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import nbd4j.server.FileStorage;
import nbd4j.server.MemoryStorage;
import nbd4j.server.PatternStorage;
import nbd4j.server.Storage;

/** Opens what {@code nbd serve} is to serve. */
final class StorageName {
    private static final String MEMORY = "memory:";
    private static final String PATTERN = "pattern:";

    private StorageName() {}

    /** Opens {@code memory:SIZE}, {@code pattern:SIZE} or a file; the caller closes it. */
    static Storage open(String name, boolean readOnly) throws UsageException, IOException {
        if (name.startsWith(MEMORY)) {
            return MemoryStorage.of(HumanSize.parse(MEMORY, name.substring(MEMORY.length())));
        }
        if (name.startsWith(PATTERN)) {
            return PatternStorage.of(HumanSize.parse(PATTERN, name.substring(PATTERN.length())));
        }
        return readOnly ? FileStorage.openReadOnly(Path.of(name)) : FileStorage.open(Path.of(name));
    }
}
