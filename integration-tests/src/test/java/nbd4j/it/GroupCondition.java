// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips a test whose {@link Group} cannot run here, with one line on stderr per group; fails it where that is asked. */
final class GroupCondition implements ExecutionCondition {
    /** What each group misses; looked up once, since it may take seconds. */
    private static final Map<Group, Optional<String>> MISSING = new ConcurrentHashMap<>();

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        for (var tag : context.getTags()) {
            var group = Group.ofTag(tag);
            var missing = group.flatMap(found -> MISSING.computeIfAbsent(found, GroupCondition::look));
            if (missing.isPresent()) {
                return ConditionEvaluationResult.disabled(missing.get());
            }
        }
        return ConditionEvaluationResult.enabled("nothing is missing");
    }

    private static Optional<String> look(Group group) {
        var missing = group.missing()
                .map(what -> "group '" + group.tag() + "' cannot run: " + what + "; to run it: " + group.remedy());
        if (missing.isPresent() && everythingRequired()) {
            throw new IllegalStateException(missing.get());
        }
        missing.ifPresent(line -> System.err.println("SKIPPED: " + line));
        return missing;
    }

    private static boolean everythingRequired() {
        return "true".equals(System.getenv("CI")) || "all".equals(System.getProperty("nbd4j.require"));
    }
}
