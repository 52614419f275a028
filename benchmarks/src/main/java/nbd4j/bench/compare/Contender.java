// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.util.List;

/**
 * One of the programs that are compared.
 *
 * @param name as it stands in the table
 * @param command what to run; its run time is what counts
 */
record Contender(String name, List<String> command) {
    static Contender of(String name, String... command) {
        return new Contender(name, List.of(command));
    }
}
