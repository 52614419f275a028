// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

/** What a target may do with a range that is to read as zeroes. */
public enum ZeroMode {
    /** The target may free the space behind the range. */
    MAY_PUNCH,
    /** The range must stay, or become, allocated. */
    ALLOCATE
}
