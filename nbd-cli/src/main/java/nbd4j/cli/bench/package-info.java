// SPDX-License-Identifier: Apache-2.0
/** What {@code nbd bench} does: a workload, its run over some connections, and three forms of its result. */
package nbd4j.cli.bench;
