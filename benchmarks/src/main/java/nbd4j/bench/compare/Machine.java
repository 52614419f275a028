// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What was measured on, and with which versions. */
public final class Machine {
    private Machine() {}

    /** Returns the processors, the memory, the kernel, the load and the time of day. */
    public static String describe() throws IOException {
        String model = "";
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("model name")) {
                model = " (" + line.substring(line.indexOf(':') + 2) + ")";
            }
        }
        long kib = 0;
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("MemTotal")) {
                kib = Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return String.format(
                Locale.ROOT,
                "Machine: %d processors%s, %d GiB, Linux %s; load %s when it began, %s.",
                Runtime.getRuntime().availableProcessors(),
                model,
                kib >> 20,
                System.getProperty("os.version"),
                Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0],
                Instant.now().truncatedTo(ChronoUnit.MINUTES));
    }

    static String describe(Path nbd, List<Java> javas) throws IOException, InterruptedException {
        List<String> versions = new ArrayList<>();
        for (List<String> command : List.of(
                List.of(nbd.toString(), "--version"),
                List.of("nbdcopy", "--version"),
                List.of("qemu-img", "--version"),
                List.of("fio", "--version"),
                List.of("nbdkit", "--version"))) {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            versions.add(output.lines().findFirst().orElse("?"));
        }
        return "%s%nVersions: %s; Java %s.%n"
                .formatted(
                        describe(),
                        String.join("; ", versions),
                        javas.stream().map(Java::release).collect(Collectors.joining(", ")));
    }
}
