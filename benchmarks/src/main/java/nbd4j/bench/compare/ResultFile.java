// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nbd4j.bench.Json;

/** Outcomes in a file of JSON: every run, so that any table can be made of it later. */
final class ResultFile {
    private ResultFile() {}

    static void write(Path file, String machine, List<Outcome> outcomes) throws IOException {
        List<Object> jobs = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            List<Object> programs = new ArrayList<>();
            for (Outcome.Program program : outcome.programs()) {
                Map<String, Object> each = new LinkedHashMap<>();
                each.put("name", program.name());
                program.java().ifPresent(java -> each.put("java", java));
                each.put(
                        "runs",
                        program.samples().stream()
                                .map(sample -> Map.of(
                                        "wall_s", sample.wallSeconds(),
                                        "cpu_s", sample.cpuSeconds(),
                                        "peak_mib", sample.peakMib(),
                                        "rate", sample.rate()))
                                .toList());
                programs.add(each);
            }
            Map<String, Object> job = new LinkedHashMap<>();
            job.put("job", outcome.job());
            job.put("measure", outcome.goal().measure().name());
            job.put("limit", outcome.goal().limit());
            job.put("fastest", outcome.goal().fastest());
            job.put("programs", programs);
            jobs.add(job);
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("machine", machine);
        all.put("jobs", jobs);
        Json.write(file, all);
    }

    static List<Outcome> read(Path file) throws IOException {
        List<Outcome> outcomes = new ArrayList<>();
        for (Object job : Json.list(Json.read(file), "jobs")) {
            List<Outcome.Program> programs = new ArrayList<>();
            for (Object program : Json.list(job, "programs")) {
                List<Sample> samples = new ArrayList<>();
                for (Object run : Json.list(program, "runs")) {
                    samples.add(new Sample(
                            Json.number(run, "wall_s"),
                            Json.number(run, "cpu_s"),
                            Json.number(run, "peak_mib"),
                            Json.number(run, "rate")));
                }
                Optional<String> java =
                        Optional.ofNullable(((Map<?, ?>) program).get("java")).map(Object::toString);
                programs.add(new Outcome.Program(Json.text(program, "name"), java, samples));
            }
            var goal = new Goal(Goal.Measure.valueOf(Json.text(job, "measure")), Json.number(job, "limit"), (Boolean)
                    Json.member(job, "fastest"));
            outcomes.add(new Outcome(Json.text(job, "job"), goal, programs));
        }
        return outcomes;
    }
}
