// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** Parallel, sparse-aware copies between NBD exports, files and streams. */
@NullMarked
module nbd4j.copy {
    requires static org.jspecify;
    requires transitive nbd4j.pool;
    requires org.slf4j;

    exports nbd4j.copy;
    exports nbd4j.copy.endpoint;
    exports nbd4j.copy.hash;
}
