// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import nbd4j.model.BlockSizes;

/** The request sizes of endpoints on this machine. */
final class LocalSizes {
    /** Files take any alignment; pages are best; a bigger request than NBD's would gain nothing. */
    static final BlockSizes ANY = new BlockSizes(1, 4096, BlockSizes.MAXIMUM_PAYLOAD);

    private LocalSizes() {}

    /** Returns how many file operations at once are worth their threads: each one keeps a processor or a disk busy. */
    static int parallel() {
        return Math.clamp(2L * Runtime.getRuntime().availableProcessors(), 4, 64);
    }
}
