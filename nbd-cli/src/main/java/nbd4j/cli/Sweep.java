// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.ArrayList;
import java.util.List;
import nbd4j.cli.bench.Workload;
import nbd4j.client.ConnectOptions;

/**
 * One setting of a benchmark that takes several values.
 *
 * @param setting which
 * @param values in the order typed
 */
record Sweep(Setting setting, List<Long> values) {
    /** What can be swept. */
    enum Setting {
        DEPTH("depth", ConnectOptions.MAXIMUM_REQUESTS),
        CONNECTIONS("connections", 256),
        BLOCK_SIZE("bs", 1 << 30);

        private final String word;
        private final long most;

        Setting(String word, long most) {
            this.word = word;
            this.most = most;
        }
    }

    Sweep {
        values = List.copyOf(values);
    }

    /** Reads sweeps typed as {@code depth=1,2,4}. */
    static List<Sweep> parse(List<String> typed) throws UsageException {
        List<Sweep> sweeps = new ArrayList<>();
        for (String each : typed) {
            int equals = each.indexOf('=');
            Setting setting = equals < 0 ? null : setting(each.substring(0, equals));
            if (setting == null) {
                throw new UsageException("--sweep: '%s' is not depth=N,N,..., connections=N,N,... or bs=SIZE,SIZE,..."
                        .formatted(OneLine.of(each)));
            }
            List<Long> values = new ArrayList<>();
            for (String value : each.substring(equals + 1).split(",", -1)) {
                long number = HumanSize.parse("--sweep " + setting.word, value);
                if (number < 1 || number > setting.most) {
                    throw new UsageException(
                            "--sweep %s: %d is not from 1 to %d".formatted(setting.word, number, setting.most));
                }
                values.add(number);
            }
            sweeps.add(new Sweep(setting, values));
        }
        return sweeps;
    }

    private static @org.jspecify.annotations.Nullable Setting setting(String word) {
        for (Setting setting : Setting.values()) {
            if (setting.word.equals(word)) {
                return setting;
            }
        }
        return null;
    }

    /** Returns a workload for each combination of values. */
    static List<Workload> steps(Workload workload, List<Sweep> sweeps) {
        List<Workload> steps = List.of(workload);
        for (Sweep sweep : sweeps) {
            List<Workload> more = new ArrayList<>();
            for (Workload step : steps) {
                for (long value : sweep.values) {
                    more.add(sweep.apply(step, Math.toIntExact(value)));
                }
            }
            steps = more;
        }
        return steps;
    }

    private Workload apply(Workload workload, int value) {
        return switch (setting) {
            case DEPTH -> workload.withDepth(value);
            case CONNECTIONS -> workload.withConnections(value);
            case BLOCK_SIZE -> workload.withBlockSize(value);
        };
    }
}
