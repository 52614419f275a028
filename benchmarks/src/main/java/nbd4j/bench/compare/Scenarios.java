// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The jobs of docs/performance.md. */
final class Scenarios {
    private static final String SPARSE_TERABYTE = "1T";
    private static final int INFO_RUNS = 20;

    private final Path nbd;
    private final String size;
    private final List<Java> javas;

    /**
     * Makes the jobs.
     *
     * @param nbd path of {@code bin/nbd}
     * @param size of the dense disks, such as {@code 2G}
     * @param javas what ours runs on, each for itself
     */
    Scenarios(Path nbd, String size, List<Java> javas) {
        this.nbd = nbd;
        this.size = size;
        this.javas = List.copyOf(javas);
    }

    List<Scenario> all() {
        List<Scenario> all = new ArrayList<>();
        dense(all);
        sparse(all);
        latency(all);
        random(all);
        return all;
    }

    private void dense(List<Scenario> all) {
        all.add(Scenario.of("dense NBD to null", Goal.wall(1), stage -> toNull(stage.nbdkit("pattern", size), size)));
        all.add(Scenario.of(
                "dense NBD to null, TCP",
                Goal.wall(1),
                stage -> toNull("nbd://127.0.0.1:" + stage.nbdkitOnTcp("pattern", size), size)));
        all.add(Scenario.of("dense NBD to NBD", Goal.wall(1), stage -> {
            String source = stage.nbdkit("pattern", size);
            return toNbd(source, stage.nbdkit("memory", size, "allocator=malloc"));
        }));
        all.add(Scenario.of("dense NBD to file", Goal.wall(1), stage -> {
            String source = stage.nbdkit("pattern", size);
            Path a = stage.file("a");
            Path b = stage.file("b");
            List<Contender> all3 = new ArrayList<>();
            all3.add(Contender.peer("nbdcopy --flush", "nbdcopy", "--flush", source, a.toString())
                    .making(a));
            String qemu = "qemu-img convert -f raw -O raw -W -t writeback";
            all3.add(Contender.peer("qemu-img -t writeback", words(qemu, source, b.toString()))
                    .making(b));
            for (int i = 0; i < javas.size(); i++) {
                Path own = stage.file("own" + i);
                all3.add(copy(javas.get(i), source, own.toString()).making(own));
            }
            return all3;
        }));
        all.add(Scenario.of("dense file to NBD", Goal.wall(1), stage -> {
            Path file = stage.file("source");
            fill(stage, file);
            return toNbd(file.toString(), stage.nbdkit("memory", size, "allocator=malloc"));
        }));
        all.add(Scenario.of("dense NBD to null, TLS", Goal.wall(1), stage -> {
            Path pki = stage.certificates();
            int port = stage.nbdkitOnTcp("--tls=require", "--tls-certificates=" + pki, "pattern", size);
            String uri = "nbds://localhost:" + port + "?tls-certificates=" + pki;
            String credentials = "tls-creds-x509,id=tls,endpoint=client,dir=" + pki;
            return with(
                    List.of(
                            Contender.peer("nbdcopy", "nbdcopy", uri, "null:"),
                            Contender.peer(
                                    "qemu-img",
                                    words(
                                            "qemu-img convert -n -W --object",
                                            credentials,
                                            "--image-opts",
                                            "driver=raw,file.driver=nbd,file.host=localhost,file.port=%d,file.tls-creds=tls"
                                                    .formatted(port),
                                            "--target-image-opts",
                                            "driver=null-co,size=" + bytes(size)))),
                    uri,
                    "null:");
        }));
    }

    private void sparse(List<Scenario> all) {
        all.add(Scenario.of("sparse 1 TiB to null", Goal.wallOfFirst(1), stage -> {
            String source = stage.nbdkit("sparse-random", SPARSE_TERABYTE, "seed=1", "percent=0.05");
            List<Contender> contenders = new ArrayList<>(toNull(source, SPARSE_TERABYTE));
            // It takes 12 s and more.
            contenders.set(1, contenders.get(1).atMost(1));
            return contenders;
        }));
        all.add(Scenario.of("all zero 64 GiB to NBD", Goal.wallOfFirst(1), stage -> {
            String source = stage.nbdkit("memory", "64G");
            return toNbd(source, stage.nbdkit("memory", "64G"));
        }));
        // nbdcopy takes 10 s for 128 GiB and 83 s for 1 TiB, so that has one round. What it does for a GiB is the same.
        all.add(Scenario.of(
                        "empty 128 GiB, 20 ms block status",
                        Goal.none(),
                        stage -> toNull(stage.nbdkit("--filter=delay", "memory", "128G", "delay-extents=20ms"), "128G"))
                .withRuns(1, Integer.MAX_VALUE, false));
        all.add(Scenario.of(
                        "empty 1 TiB, 20 ms block status",
                        Goal.wallOfFirst(0.05),
                        stage -> toNull(
                                stage.nbdkit("--filter=delay", "memory", SPARSE_TERABYTE, "delay-extents=20ms"),
                                SPARSE_TERABYTE))
                .withRuns(1, 1, false));
        all.add(Scenario.of(
                "sparse 16 GiB, 20 ms block status",
                Goal.wallOfFirst(1),
                stage -> toNull(
                        stage.nbdkit(
                                "--filter=delay", "sparse-random", "16G", "seed=1", "percent=1", "delay-extents=20ms"),
                        "16G")));
        all.add(Scenario.of(
                "dense, 20 ms block status",
                Goal.wallOfFirst(1),
                stage -> toNull(stage.nbdkit("--filter=delay", "pattern", size, "delay-extents=20ms"), size)));
        all.add(Scenario.of("small 1 MiB to null", Goal.none(), stage -> toNull(stage.nbdkit("pattern", "1M"), "1M")));
        all.add(Scenario.of("nbd info", Goal.seconds(0.35), stage -> {
                    String uri = stage.nbdkit("pattern", "1G");
                    List<Contender> contenders = new ArrayList<>();
                    contenders.add(Contender.peer("nbdinfo", "nbdinfo", uri));
                    javas.forEach(java -> contenders.add(ours("nbd info", java, "info", uri)));
                    return contenders;
                })
                .withRuns(INFO_RUNS, Integer.MAX_VALUE, true));
    }

    private void latency(List<Scenario> all) {
        for (int milliseconds : new int[] {0, 1, 5, 20, 50}) {
            all.add(Scenario.of(
                    "256 MiB, %d ms to read".formatted(milliseconds),
                    Goal.wallOfFirst(1),
                    stage -> toNull(
                            stage.nbdkit(
                                    "-t", "64", "--filter=delay", "pattern", "256M", "rdelay=" + milliseconds + "ms"),
                            "256M")));
        }
    }

    private void random(List<Scenario> all) {
        for (int depth : new int[] {1, 16, 64}) {
            all.add(Scenario.of("4 KiB random reads, depth " + depth, Goal.rate(1), stage -> {
                        String source = stage.nbdkit("memory", "1G");
                        String fio =
                                "fio --name=r --ioengine=nbd --rw=randread --bs=4k --size=1G --time_based --runtime=3 "
                                        + "--ramp_time=1 --output-format=json --iodepth=" + depth;
                        String bench = "bench --rw=randread --bs=4K --duration=3s --warm-up=1s --json --depth=" + depth;
                        List<Contender> contenders = new ArrayList<>();
                        contenders.add(Contender.peer("fio nbd", words(fio, "--uri=" + source)));
                        javas.forEach(java -> contenders.add(ours("nbd bench", java, words(bench, source))));
                        return contenders;
                    })
                    .withRuns(1, Integer.MAX_VALUE, false));
        }
    }

    private List<Contender> toNull(String source, String sourceSize) {
        return with(
                List.of(
                        Contender.peer("nbdcopy", "nbdcopy", source, "null:"),
                        Contender.peer(
                                "qemu-img",
                                words(
                                        "qemu-img convert -n -f raw -W",
                                        source,
                                        "--target-image-opts",
                                        "driver=null-co,size=" + bytes(sourceSize)))),
                source,
                "null:");
    }

    private List<Contender> toNbd(String source, String target) {
        return with(
                List.of(
                        Contender.peer("nbdcopy", "nbdcopy", source, target),
                        Contender.peer("qemu-img", words("qemu-img convert -n -f raw -O raw -W", source, target))),
                source,
                target);
    }

    private List<Contender> with(List<Contender> peers, String source, String target) {
        List<Contender> contenders = new ArrayList<>(peers);
        javas.forEach(java -> contenders.add(copy(java, source, target)));
        return contenders;
    }

    private Contender copy(Java java, String source, String target) {
        return ours("nbd copy", java, "copy", source, target);
    }

    private Contender ours(String name, Java java, String... arguments) {
        List<String> command = new ArrayList<>(List.of(nbd.toString()));
        command.addAll(List.of(arguments));
        return Contender.ours(javas.size() > 1 ? name + ", Java " + java.release() : name, java, command);
    }

    /** Returns the words of a text, then more. */
    private static String[] words(String text, String... more) {
        List<String> words = new ArrayList<>(List.of(text.split(" ", -1)));
        words.addAll(List.of(more));
        return words.toArray(String[]::new);
    }

    private void fill(Stage stage, Path file) throws IOException, InterruptedException {
        String pattern = stage.nbdkit("pattern", size);
        int code = new ProcessBuilder("nbdcopy", "--flush", pattern, file.toString())
                .inheritIO()
                .start()
                .waitFor();
        if (code != 0 || Files.size(file) != bytes(size)) {
            throw new IOException("nbdcopy could not make " + file);
        }
    }

    /** Returns the bytes of a size such as {@code 2G}. */
    static long bytes(String size) {
        if (!size.matches("[1-9][0-9]{0,5}[MGT]")) {
            throw new IllegalArgumentException("size '%s' is not a number with M, G or T".formatted(size));
        }
        long number = Long.parseLong(size, 0, size.length() - 1, 10);
        return switch (size.charAt(size.length() - 1)) {
            case 'M' -> number << 20;
            case 'G' -> number << 30;
            default -> number << 40;
        };
    }
}
