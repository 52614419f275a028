// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
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
            var sun = Sun.load();
            sun.handle.invoke(null, sun.signal("INT"), sun.handler(INTERRUPT, once));
            sun.handle.invoke(null, sun.signal("TERM"), sun.handler(TERMINATE, once));
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            // A JVM without them, or started with -Xrs: signals end the process at once, as they do without us.
            StderrLogging.print("warning: signals cannot be handled: " + e);
        }
    }

    /** Loads what takes long, and changes nothing. */
    static void prepare() {
        try {
            var sun = Sun.load();
            sun.signal("INT");
            sun.handler(INTERRUPT, number -> {});
        } catch (ReflectiveOperationException e) {
            // Said when they are to be handled.
            return;
        }
    }

    /** {@code sun.misc}, as far as it is needed. */
    private record Sun(Constructor<?> signal, Class<?> handler, Method handle) {
        static Sun load() throws ReflectiveOperationException {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            return new Sun(signal.getConstructor(String.class), handler, signal.getMethod("handle", signal, handler));
        }

        Object signal(String name) throws ReflectiveOperationException {
            return signal.newInstance(name);
        }

        Object handler(int number, IntConsumer action) {
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
}
