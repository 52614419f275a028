// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

/**
 * A metadata context of an export.
 *
 * @param id what the client is given for it
 * @param name namespace, colon, leaf
 * @param source answers for it
 */
record Context(int id, String name, StatusSource source) {}
