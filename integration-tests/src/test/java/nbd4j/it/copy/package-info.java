// SPDX-License-Identifier: Apache-2.0
/** Copies by the packaged command, as a child process, with real servers that fail; docs/fault-coverage.md. */
@NullMarked
package nbd4j.it.copy;

import org.jspecify.annotations.NullMarked;
