// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestTag;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes how many tests of each {@link Group} ran and how many were skipped to {@code target/groups.txt}, one line
 * {@code GROUP RAN SKIPPED} each, for CI to judge. JUnit loads it as a service and calls it on one thread.
 */
public final class GroupCounts implements TestExecutionListener {
    private record Count(int ran, int skipped) {
        Count plus(Count more) {
            return new Count(ran + more.ran, skipped + more.skipped);
        }
    }

    private final Map<String, Count> counts = new TreeMap<>();
    private @Nullable TestPlan plan;

    /** Called by JUnit's service loader. */
    public GroupCounts() {
        Arrays.stream(Group.values()).forEach(group -> counts.put(group.tag(), new Count(0, 0)));
        counts.put(Group.UNTAGGED, new Count(0, 0));
    }

    @Override
    public void testPlanExecutionStarted(TestPlan started) {
        plan = started;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (test.isTest()) {
            count(test, new Count(1, 0));
        }
    }

    @Override
    public void executionSkipped(TestIdentifier skipped, String reason) {
        if (skipped.isTest() || plan == null) {
            count(skipped, new Count(0, 1));
            return;
        }
        var tests = plan.getDescendants(skipped).stream()
                .filter(TestIdentifier::isTest)
                .toList();
        tests.forEach(test -> count(test, new Count(0, 1)));
        if (tests.isEmpty()) {
            count(skipped, new Count(0, 1));
        }
    }

    @Override
    public void testPlanExecutionFinished(TestPlan finished) {
        var lines = counts.entrySet().stream()
                .map(each -> each.getKey() + " " + each.getValue().ran() + " "
                        + each.getValue().skipped())
                .collect(Collectors.joining("\n", "", "\n"));
        try {
            Files.writeString(Files.createDirectories(Path.of("target")).resolve("groups.txt"), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void count(TestIdentifier test, Count one) {
        var groups = test.getTags().stream()
                .map(TestTag::getName)
                .filter(tag -> Group.ofTag(tag).isPresent())
                .toList();
        groups.forEach(group -> counts.merge(group, one, Count::plus));
        if (groups.isEmpty()) {
            counts.merge(Group.UNTAGGED, one, Count::plus);
        }
    }
}
