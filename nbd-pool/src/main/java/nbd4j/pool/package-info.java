// SPDX-License-Identifier: Apache-2.0

/** Several connections to one export that stay useful while connections, servers and networks fail. */
package nbd4j.pool;
