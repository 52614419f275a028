// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * An entry of a server's list. An export that is not listed may exist all the same.
 *
 * <p>Source: proto.md, {@code NBD_REP_SERVER}.
 *
 * @param name the export's name as sent; show it through {@link Printable}
 * @param description the server's words for people, escaped; empty if it sent none
 */
public record ExportListing(String name, String description) {}
