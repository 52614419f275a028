// SPDX-License-Identifier: Apache-2.0
/** The {@code nbd} command: argument parsing, progress, messages and exit codes. The only place that prints. */
@NullMarked
package nbd4j.cli;

import org.jspecify.annotations.NullMarked;
