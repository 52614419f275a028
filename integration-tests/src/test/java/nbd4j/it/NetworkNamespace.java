// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network of two: a namespace of the kernel with one address, and a virtual cable from this machine to it, which can
 * be cut and mended. While it is cut, packets are lost in both directions and nobody is told.
 *
 * <p>Needs root. The names carry the JVM's process id, so that whoever comes next can take away what a killed JVM left
 * behind. Used by the test's one thread.
 */
final class NetworkNamespace implements AutoCloseable {
    private static final String NAME = "nbd4j-it-";
    /** Made so far in this JVM. */
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String name;
    private final String here;
    private final String there;
    private final String network;

    private NetworkNamespace(long pid, int number) {
        name = NAME + pid + "-" + number;
        here = "n" + pid + "h" + number;
        there = "n" + pid + "t" + number;
        // 198.18.0.0/15 is set aside for tests of networks (RFC 2544): nothing else can be there.
        network = "198.%d.%d.".formatted(18 + pid / 256 % 2, pid % 256);
    }

    /** Makes a namespace, with the cable plugged in. */
    static NetworkNamespace open() throws IOException, InterruptedException {
        removeLeftovers();
        var namespace = new NetworkNamespace(ProcessHandle.current().pid(), COUNT.incrementAndGet());
        try {
            namespace.make();
            return namespace;
        } catch (IOException | InterruptedException | AssertionError e) {
            namespace.delete();
            throw e;
        }
    }

    private void make() throws IOException, InterruptedException {
        ip("netns", "add", name);
        ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name);
        ip("address", "add", network + "1/30", "dev", here);
        ip("link", "set", here, "up");
        ip("-n", name, "address", "add", network + "2/30", "dev", there);
        ip("-n", name, "link", "set", "lo", "up");
        ip("-n", name, "link", "set", there, "up");
    }

    private static void removeLeftovers() throws IOException, InterruptedException {
        for (String line : ip("netns", "list").lines().toList()) {
            String left = line.split(" ", 2)[0];
            if (left.startsWith(NAME)) {
                long pid = Long.parseLong(left.substring(NAME.length()).split("-", 2)[0]);
                if (ProcessHandle.of(pid).isEmpty()) {
                    ip("netns", "delete", left);
                }
            }
        }
    }

    /** Returns why no namespace can be made here, as half a sentence; empty where one can. */
    static Optional<String> missing() {
        try (var probe = open()) {
            return Optional.empty();
        } catch (IOException | AssertionError e) {
            return Optional.of("cannot make a network namespace: "
                    + String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " "));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("interrupted while making a network namespace");
        }
    }

    /** Returns the only address there. */
    String address() {
        return network + "2";
    }

    /** Returns what runs a program there when put before it. */
    List<String> prefix() {
        return List.of(tool(), "netns", "exec", name);
    }

    /** Cuts the cable at the far end, so that the way there stays known here and leads nowhere else. */
    void cut() throws IOException, InterruptedException {
        ip("-n", name, "link", "set", there, "down");
    }

    void mend() throws IOException, InterruptedException {
        ip("-n", name, "link", "set", there, "up");
    }

    /** Takes everything away. Programs that run there keep it alive without a name until they end. */
    @Override
    public void close() throws IOException, InterruptedException {
        ip("link", "delete", here);
        ip("netns", "delete", name);
    }

    private void delete() throws IOException, InterruptedException {
        Tools.run(tool(), "link", "delete", here);
        Tools.run(tool(), "netns", "delete", name);
    }

    private static String ip(String... words) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(tool()));
        line.addAll(List.of(words));
        return Tools.run(line).succeeded();
    }

    private static String tool() {
        return Tools.find("ip").orElseThrow().toString();
    }
}
