// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import nbd4j.model.CommandFlag;
import org.jspecify.annotations.Nullable;

/**
 * A command of NBD in the most general form, so that one method can run them all and repeat them, without an object for
 * each call. What a command has no use for is zero or empty.
 */
interface Command<R extends @Nullable Object> {
    Command<@Nullable Void> READ = (connection, offset, length, buffer, flags) -> {
        connection.read(offset, buffer, flags);
        return null;
    };
    Command<@Nullable Void> WRITE = (connection, offset, length, buffer, flags) -> {
        connection.write(offset, buffer, flags);
        return null;
    };
    Command<@Nullable Void> WRITE_ZEROES = (connection, offset, length, buffer, flags) -> {
        connection.writeZeroes(offset, length, flags);
        return null;
    };
    Command<@Nullable Void> TRIM = (connection, offset, length, buffer, flags) -> {
        connection.trim(offset, length, flags);
        return null;
    };
    Command<@Nullable Void> CACHE = (connection, offset, length, buffer, flags) -> {
        connection.cache(offset, length);
        return null;
    };
    Command<@Nullable Void> FLUSH = (connection, offset, length, buffer, flags) -> {
        connection.flush();
        return null;
    };

    R on(PooledConnection connection, long offset, long length, ByteBuffer buffer, Set<CommandFlag> flags)
            throws IOException;
}
