// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.script;

/** What a server does to one client, step by step; see {@link ScriptedServer}. */
@FunctionalInterface
public interface Script {
    /**
     * Plays the server.
     *
     * @param connection the client, from its connect on; nothing was sent yet
     * @throws Exception to end the script; {@link ScriptedServer#await} reports it
     */
    void run(ScriptedConnection connection) throws Exception;
}
