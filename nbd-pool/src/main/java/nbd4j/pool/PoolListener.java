// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

/**
 * Is told of what happens to a pool's connections.
 *
 * <p>Called on a thread of the pool's own, one event after the other, in the order in which they happened. A slow
 * listener delays nothing but later events; if it falls behind by more than 1024 of them, the rest is dropped. What it
 * throws is logged and forgotten.
 */
@FunctionalInterface
public interface PoolListener {
    /** Hears nothing. */
    PoolListener NONE = event -> {};

    /** Takes notice. */
    void happened(PoolEvent event);
}
