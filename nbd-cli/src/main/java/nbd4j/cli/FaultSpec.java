// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import nbd4j.server.Command;
import nbd4j.server.ErrorCode;
import nbd4j.server.Fault;
import nbd4j.server.FaultTrigger;

/**
 * Reads {@code --fault KIND[,KIND]:EFFECT[:CONDITION…]}, such as {@code read:EIO:every=3} or
 * {@code write,zero:delay=200ms:first=10}.
 */
final class FaultSpec {
    static final String GRAMMAR = """
            KIND is read, write, flush, trim, cache, zero, status or any; EFFECT is an error such as EIO or ENOSPC,
            delay=TIME, stall, drop, reset, cut=BYTES or reorder=COUNT; CONDITION is every=N, nth=N, first=N, after=N,
            connection=N, export=NAME or range=OFFSET+LENGTH. May be given several times.""";

    private static final String OPTION = "--fault";

    private FaultSpec() {}

    static Fault parse(String text) throws UsageException {
        String[] parts = text.split(":", -1);
        if (parts.length < 2) {
            throw refused(text, "it has no effect; an example is read:EIO:every=3");
        }
        FaultTrigger when = Fault.on(commands(text, parts[0]));
        for (int i = 2; i < parts.length; i++) {
            when = narrow(text, when, parts[i]);
        }
        return effect(text, when, parts[1]);
    }

    private static Command[] commands(String text, String kinds) throws UsageException {
        List<Command> commands = new ArrayList<>();
        for (String kind : kinds.split(",", -1)) {
            switch (kind) {
                case "read" -> commands.add(Command.READ);
                case "write" -> commands.add(Command.WRITE);
                case "flush" -> commands.add(Command.FLUSH);
                case "trim" -> commands.add(Command.TRIM);
                case "cache" -> commands.add(Command.CACHE);
                case "zero" -> commands.add(Command.WRITE_ZEROES);
                case "status" -> commands.add(Command.BLOCK_STATUS);
                case "any" -> {}
                default ->
                    throw refused(text, "'" + kind + "' is none of read, write, flush, trim, cache, zero, status, any");
            }
        }
        return commands.toArray(Command[]::new);
    }

    private static FaultTrigger narrow(String text, FaultTrigger when, String condition) throws UsageException {
        int equals = condition.indexOf('=');
        String name = equals < 0 ? condition : condition.substring(0, equals);
        String value = equals < 0 ? "" : condition.substring(equals + 1);
        return switch (name) {
            case "every" -> when.every(count(text, name, value));
            case "nth" -> when.nth(count(text, name, value));
            case "first" -> when.first(count(text, name, value));
            case "after" -> when.after(count(text, name, value));
            case "connection" -> when.onConnection(Math.toIntExact(Math.min(1 << 30, count(text, name, value))));
            case "export" -> when.onExport(value);
            case "range" -> {
                int plus = value.indexOf('+');
                if (plus < 0) {
                    throw refused(text, "a range is written range=OFFSET+LENGTH");
                }
                yield when.within(
                        HumanSize.parse(OPTION, value.substring(0, plus)),
                        HumanSize.parse(OPTION, value.substring(plus + 1)));
            }
            default ->
                throw refused(
                        text,
                        "'" + condition + "' is none of every=N, nth=N, first=N, after=N, connection=N, export=NAME, "
                                + "range=OFFSET+LENGTH");
        };
    }

    private static Fault effect(String text, FaultTrigger when, String effect) throws UsageException {
        int equals = effect.indexOf('=');
        String name = equals < 0 ? effect : effect.substring(0, equals);
        String value = equals < 0 ? "" : effect.substring(equals + 1);
        return switch (name) {
            case "delay" -> when.delay(HumanDuration.parse(OPTION, value));
            case "stall" -> when.stall();
            case "drop" -> when.drop();
            case "reset" -> when.reset();
            case "cut" -> when.cut(Math.toIntExact(Math.min(Integer.MAX_VALUE, HumanSize.parse(OPTION, value))));
            case "reorder" ->
                when.hold(Math.toIntExact(Math.min(1 << 16, count(text, name, value))), Fault.Order.SHUFFLED);
            default -> when.fail(error(text, name));
        };
    }

    private static ErrorCode error(String text, String name) throws UsageException {
        for (ErrorCode each : ErrorCode.values()) {
            if (each.name().equals(name.toUpperCase(Locale.ROOT))) {
                return each;
            }
        }
        throw refused(
                text,
                "'" + name + "' is neither an error (" + List.of(ErrorCode.values())
                        + ") nor one of delay=TIME, stall, drop, reset, cut=BYTES, reorder=COUNT");
    }

    private static long count(String text, String name, String value) throws UsageException {
        try {
            long count = Long.parseLong(value);
            if (count > 0) {
                return count;
            }
        } catch (NumberFormatException e) {
            throw refused(text, "'" + name + "=" + value + "' has no whole number");
        }
        throw refused(text, "'" + name + "=" + value + "' is not positive");
    }

    private static UsageException refused(String text, String why) {
        return new UsageException("%s '%s': %s".formatted(OPTION, OneLine.of(text), OneLine.of(why)));
    }
}
