// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * The signals of this process, through {@code sun.misc.Signal}.
 *
 * <p>By reflection: javac warns of every direct use, which nothing can silence, and our build takes warnings for errors.
 * Shutdown hooks, the documented way, cannot tell a second signal, so that a copy that hangs could not be ended.
 */
final class JvmSignals implements Signals {
    @Override
    public void handle(IntConsumer action) {
        var first = new AtomicBoolean(true);
        IntConsumer once = number -> {
            if (!first.compareAndSet(true, false)) {
                Runtime.getRuntime().halt(128 + number);
            }
            action.accept(number);
        };
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            var handle = signal.getMethod("handle", signal, handler);
            handle.invoke(
                    null, signal.getConstructor(String.class).newInstance("INT"), proxy(handler, INTERRUPT, once));
            handle.invoke(
                    null, signal.getConstructor(String.class).newInstance("TERM"), proxy(handler, TERMINATE, once));
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            // A JVM without them, or started with -Xrs: signals end the process at once, as they do without us.
            StderrLogging.print("warning: signals cannot be handled: " + e);
        }
    }

    private static Object proxy(Class<?> handler, int number, IntConsumer action) {
        return Proxy.newProxyInstance(
                handler.getClassLoader(),
                new Class<?>[] {handler},
                (self, method, arguments) -> switch (method.getName()) {
                    case "handle" -> {
                        action.accept(number);
                        yield null;
                    }
                    case "equals" -> System.identityHashCode(self) == System.identityHashCode(arguments[0]);
                    case "hashCode" -> number;
                    default -> "signal " + number;
                });
    }
}
