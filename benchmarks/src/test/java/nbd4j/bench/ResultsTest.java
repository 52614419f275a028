// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    @TempDir
    private Path folder;

    @Test
    void takesTheAllocationOfTheIterationThatHadNothingElseInIt() throws Exception {
        Path file = Files.writeString(folder.resolve("results.json"), """
                [{"jmhVersion": "1.37", "benchmark": "nbd4j.bench.OneRequest.read", "forks": 1,
                  "params": {"reply": "simple", "server": "nbdkit"},
                  "primaryMetric": {"score": 33.5, "scoreError": "NaN", "scoreUnit": "us/op", "rawData": [[30, 37]]},
                  "secondaryMetrics": {
                    "gc.alloc.rate": {"score": 1, "scoreUnit": "MB/sec", "rawData": [[1, 1, 1]]},
                    "gc.alloc.rate.norm": {"score": 11.36, "scoreUnit": "B/op", "rawData": [[0.18, 0.2], [33.7]]},
                    "gc.count": {"score": 0, "scoreUnit": "counts", "rawData": [[0, 0, 0]]}}}]
                """);

        assertThat(Results.read(file))
                .containsExactly(java.util.Map.entry(
                        "OneRequest.read reply=simple server=nbdkit", new Results.Result(33.5, "us/op", 0.18)));
    }
}
