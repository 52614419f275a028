// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.List;
import java.util.Locale;
import nbd4j.copy.CopyPlan;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.model.TransmissionFlags;

/**
 * A number that a copy would choose, as a line of a report.
 *
 * @param name what it is
 * @param choice the number, and why
 */
record ChoiceLine(String name, CopyPlan.Choice choice) {
    /** Returns the sizes and the depth. */
    static List<ChoiceLine> of(CopyPlan plan) {
        return List.of(new ChoiceLine("request size", plan.requestSize()), new ChoiceLine("depth", plan.depth()));
    }

    /** Returns how many connections are made to a server that says this of the export. */
    static ChoiceLine connections(String name, EndpointOptions ends, TransmissionFlags flags) {
        int connections = ends.connectionsTo(flags);
        String reason = connections == ends.connections()
                ? "as the options of the copy say"
                : "the server does not say that several are consistent (multi-conn), instead of " + ends.connections();
        return new ChoiceLine(name, new CopyPlan.Choice(connections, reason));
    }

    String text() {
        return "%s: %d (%s)\n".formatted(name, choice.value(), choice.reason());
    }

    void addTo(JsonObject object) {
        object.object(
                name.replace(' ', '-').toLowerCase(Locale.ROOT),
                new JsonObject().number("value", choice.value()).text("reason", choice.reason()));
    }
}
