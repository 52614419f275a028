// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

/** What a connection is wanted for. */
enum Need {
    /** One call among others. */
    SHARED,
    /** A flush: one call among others, on a connection that belongs to the current lifetime for certain. */
    FLUSH,
    /** A lease. */
    EXCLUSIVE
}
