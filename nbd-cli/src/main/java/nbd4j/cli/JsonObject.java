// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.ArrayList;
import java.util.List;

/** An object of JSON that is written member by member, one a line. Not thread-safe. */
final class JsonObject {
    private final List<String> members = new ArrayList<>();

    JsonObject text(String name, String value) {
        return raw(name, JsonText.quote(value));
    }

    JsonObject number(String name, long value) {
        return raw(name, Long.toString(value));
    }

    JsonObject flag(String name, boolean value) {
        return raw(name, Boolean.toString(value));
    }

    /** Adds a member whose value is JSON already. */
    JsonObject raw(String name, String json) {
        members.add(JsonText.quote(name) + ": " + json);
        return this;
    }

    JsonObject texts(String name, List<String> values) {
        return raw(
                name,
                "[" + String.join(", ", values.stream().map(JsonText::quote).toList()) + "]");
    }

    /** Adds an object, whose members are one tab further in. */
    JsonObject object(String name, JsonObject value) {
        return raw(name, value.toString().replace("\n", "\n\t"));
    }

    @Override
    public String toString() {
        return members.isEmpty() ? "{}" : "{\n\t" + String.join(",\n\t", members) + "\n}";
    }
}
