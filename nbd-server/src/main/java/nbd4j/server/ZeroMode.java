// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

/** Whether zeroing may give space back. */
public enum ZeroMode {
    /** The range may become a hole. */
    MAY_PUNCH,
    /** The range must stay allocated, so that later writes to it do not run out of space. */
    KEEP_ALLOCATED
}
