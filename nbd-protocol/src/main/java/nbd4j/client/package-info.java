// SPDX-License-Identifier: Apache-2.0
/**
 * The door of the library: {@link nbd4j.client.NbdClient} connects, {@link nbd4j.client.NbdConnection} reads and writes.
 *
 * <p>List what a server has:
 *
 * {@snippet class="nbd4j.examples.ListExports" region="list"}
 *
 * <p>Read a range:
 *
 * {@snippet class="nbd4j.examples.ReadRange" region="read"}
 *
 * <p>Find out which parts hold data:
 *
 * {@snippet class="nbd4j.examples.MapExtents" region="map"}
 *
 * <p>Write so that it lasts:
 *
 * {@snippet class="nbd4j.examples.WriteDurably" region="write"}
 *
 * <p>Over TLS, with the same certificates as libnbd, qemu and nbdkit; without options the system's trust store decides:
 *
 * {@snippet class="nbd4j.examples.UseTls" region="tls"}
 *
 * <p>With many threads over one connection, whose requests are then in flight together:
 *
 * {@snippet class="nbd4j.examples.ManyReaders" region="share"}
 *
 * <p>One thread keeps many requests in flight by {@link nbd4j.client.NbdConnection#submitRead} and the like.
 *
 * <p>Failures are {@link nbd4j.model.NbdException}s: their kinds tell whether the connection survived, and
 * {@link nbd4j.model.NbdException#retryable} whether it is worth to try again.
 *
 * <p>A flight recording shows the events {@code nbd4j.Connect}, {@code nbd4j.Handshake} and, from 100 ms on,
 * {@code nbd4j.SlowRequest}.
 */
package nbd4j.client;
