// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The jobs of docs/performance.md. */
final class Scenarios {
    private static final String DENSE = "wall at most 1.0 of the faster peer; CPU at most 1.5 of nbdcopy";

    private final String nbd;
    private final String size;

    /**
     * Makes the jobs.
     *
     * @param nbd path of {@code bin/nbd}
     * @param size of the dense disks, such as {@code 2G}
     */
    Scenarios(String nbd, String size) {
        this.nbd = nbd;
        this.size = size;
    }

    List<Scenario> all() {
        List<Scenario> all = new ArrayList<>();
        all.add(new Scenario("dense NBD to null", DENSE, stage -> {
            String source = stage.nbdkit("pattern", size);
            return List.of(
                    Contender.of("nbdcopy", "nbdcopy", source, "null:"),
                    Contender.of(
                            "qemu-img",
                            "qemu-img",
                            "convert",
                            "-n",
                            "-f",
                            "raw",
                            "-W",
                            source,
                            "--target-image-opts",
                            "driver=null-co,size=" + bytes(size)),
                    Contender.of("nbd copy", nbd, "copy", source, "null:"));
        }));
        all.add(new Scenario("dense NBD to NBD", DENSE, stage -> {
            String source = stage.nbdkit("pattern", size);
            String target = stage.nbdkit("memory", size, "allocator=malloc");
            return List.of(
                    Contender.of("nbdcopy", "nbdcopy", source, target),
                    Contender.of(
                            "qemu-img", "qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", "-W", source, target),
                    Contender.of("nbd copy", nbd, "copy", source, target));
        }));
        all.add(new Scenario("dense NBD to file", DENSE, stage -> {
            String source = stage.nbdkit("pattern", size);
            return List.of(
                    Contender.of(
                            "nbdcopy --flush",
                            "nbdcopy",
                            "--flush",
                            source,
                            stage.file("a").toString()),
                    Contender.of(
                            "qemu-img -t writeback",
                            "qemu-img",
                            "convert",
                            "-f",
                            "raw",
                            "-O",
                            "raw",
                            "-W",
                            "-t",
                            "writeback",
                            source,
                            stage.file("b").toString()),
                    Contender.of(
                            "nbd copy", nbd, "copy", source, stage.file("c").toString()));
        }));
        all.add(new Scenario("dense file to NBD", DENSE, stage -> {
            Path file = stage.file("source");
            fill(stage, file);
            String target = stage.nbdkit("memory", size, "allocator=malloc");
            return List.of(
                    Contender.of("nbdcopy", "nbdcopy", file.toString(), target),
                    Contender.of(
                            "qemu-img",
                            "qemu-img",
                            "convert",
                            "-n",
                            "-f",
                            "raw",
                            "-O",
                            "raw",
                            "-W",
                            file.toString(),
                            target),
                    Contender.of("nbd copy", nbd, "copy", file.toString(), target));
        }));
        sparse(all);
        latency(all);
        random(all);
        return all;
    }

    private void sparse(List<Scenario> all) {
        all.add(new Scenario("sparse 1 TiB to null", "wall at most 1.0 of nbdcopy", stage -> {
            String source = stage.nbdkit("sparse-random", "1T", "seed=1", "percent=0.05");
            return List.of(
                    Contender.of("nbdcopy", "nbdcopy", source, "null:"),
                    Contender.of("nbd copy", nbd, "copy", source, "null:"));
        }));
        all.add(new Scenario("all zero 64 GiB to NBD", "wall at most 1.0 of nbdcopy", stage -> {
            String source = stage.nbdkit("memory", "64G");
            String target = stage.nbdkit("memory", "64G");
            return List.of(
                    Contender.of("nbdcopy", "nbdcopy", source, target),
                    Contender.of("nbd copy", nbd, "copy", source, target));
        }));
        all.add(new Scenario("empty 1 TiB, 20 ms block status", "wall at most 0.05 of nbdcopy", stage -> {
            String source = stage.nbdkit("--filter=delay", "memory", "1T", "delay-extents=20ms");
            return List.of(
                    Contender.of("nbdcopy", "nbdcopy", source, "null:"),
                    Contender.of("nbd copy", nbd, "copy", source, "null:"));
        }));
        all.add(new Scenario("small 1 MiB to null", "start-up", stage -> {
            String source = stage.nbdkit("pattern", "1M");
            return List.of(
                    Contender.of("nbdcopy", "nbdcopy", source, "null:"),
                    Contender.of("nbd copy", nbd, "copy", source, "null:"));
        }));
    }

    private void latency(List<Scenario> all) {
        for (int milliseconds : new int[] {1, 5, 20, 50}) {
            all.add(new Scenario(
                    "256 MiB, %d ms to read".formatted(milliseconds), "wall at most 1.0 of nbdcopy", stage -> {
                        String source = stage.nbdkit(
                                "-t", "64", "--filter=delay", "pattern", "256M", "rdelay=" + milliseconds + "ms");
                        return List.of(
                                Contender.of("nbdcopy", "nbdcopy", source, "null:"),
                                Contender.of("nbd copy", nbd, "copy", source, "null:"));
                    }));
        }
    }

    private void random(List<Scenario> all) {
        for (int depth : new int[] {1, 16, 64}) {
            all.add(new Scenario("4 KiB random reads, depth " + depth, "requests/s at least 1.0 of fio", stage -> {
                String source = stage.nbdkit("memory", "1G");
                return List.of(
                        Contender.of(
                                "fio nbd",
                                "fio",
                                "--name=r",
                                "--ioengine=nbd",
                                "--uri=" + source,
                                "--rw=randread",
                                "--bs=4k",
                                "--iodepth=" + depth,
                                "--size=1G",
                                "--time_based",
                                "--runtime=4",
                                "--ramp_time=1",
                                "--output-format=json"),
                        Contender.of(
                                "nbd bench",
                                nbd,
                                "bench",
                                "--rw=randread",
                                "--bs=4K",
                                "--depth=" + depth,
                                "--duration=4s",
                                "--warm-up=1s",
                                "--json",
                                source));
            }));
        }
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

    private static long bytes(String size) {
        long number = Long.parseLong(size, 0, size.length() - 1, 10);
        return switch (size.charAt(size.length() - 1)) {
            case 'M' -> number << 20;
            case 'G' -> number << 30;
            default -> throw new IllegalArgumentException("size " + size + " is not a number with M or G");
        };
    }
}
