// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The {@link ServerProvider} of a test class and its nested classes: opened on first use, closed after the last test.
 * Put it in a static field with {@code @RegisterExtension}. Used from JUnit's one thread.
 */
public final class Servers implements AfterAllCallback {
    /** Makes the provider. */
    public interface Opening {
        ServerProvider open() throws IOException;
    }

    private final Opening opening;
    private @Nullable ServerProvider provider;

    private Servers(Opening opening) {
        this.opening = opening;
    }

    public static Servers from(Opening opening) {
        return new Servers(opening);
    }

    public ServerProvider provider() {
        if (provider == null) {
            try {
                provider = opening.open();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return provider;
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        if (provider != null && context.getEnclosingTestClasses().isEmpty()) {
            provider.close();
            provider = null;
        }
    }
}
