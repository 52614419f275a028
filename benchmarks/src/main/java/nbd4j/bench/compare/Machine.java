// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What was measured on, and with which versions. */
final class Machine {
    private Machine() {}

    static String describe(String nbd) throws IOException, InterruptedException {
        var text = new StringBuilder(
                "Machine: %d processors".formatted(Runtime.getRuntime().availableProcessors()));
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("model name")) {
                text.append(" (").append(line.substring(line.indexOf(':') + 2)).append(')');
                break;
            }
        }
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("MemTotal")) {
                long kib = Long.parseLong(line.replaceAll("\\D", ""));
                text.append(String.format(Locale.ROOT, ", %d GiB", kib >> 20));
            }
        }
        text.append(". Java ").append(System.getProperty("java.version")).append(".\nVersions:");
        for (List<String> command : List.of(
                List.of(nbd, "--version"),
                List.of("nbdcopy", "--version"),
                List.of("qemu-img", "--version"),
                List.of("fio", "--version"),
                List.of("nbdkit", "--version"))) {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            text.append(' ').append(output.lines().findFirst().orElse("?")).append(';');
        }
        return text.append('\n').toString();
    }
}
