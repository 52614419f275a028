// SPDX-License-Identifier: Apache-2.0
/**
 * NBD URIs: {@link nbd4j.uri.NbdUri} parses, prints and builds them, and {@link nbd4j.uri.NbdAddress} is where a server
 * listens.
 *
 * <p>All values are immutable; what cannot be is an {@code IllegalArgumentException} that says what is allowed.
 *
 * <p>Source: uri.md.
 */
package nbd4j.uri;
