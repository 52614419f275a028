// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.IOException;
import nbd4j.copy.endpoint.Transfer;
import org.jspecify.annotations.Nullable;

/** A transfer that is under way, or what became of it. For the thread that began it. */
final class Flight {
    private @Nullable Transfer transfer;
    private @Nullable IOException failure;

    private Flight(@Nullable Transfer transfer, @Nullable IOException failure) {
        this.transfer = transfer;
        this.failure = failure;
    }

    static Flight of(Transfer transfer) {
        return new Flight(transfer, null);
    }

    /** A transfer that could not be begun. */
    static Flight failed(IOException failure) {
        return new Flight(null, failure);
    }

    /** Waits for the end, if it has not come yet. */
    void land() {
        Transfer awaited = transfer;
        if (awaited != null) {
            transfer = null;
            try {
                awaited.await();
            } catch (IOException e) {
                failure = e;
            }
        }
    }

    /** Returns why the transfer failed; null if it did not. To be asked when it has landed. */
    @Nullable
    IOException failure() {
        return failure;
    }
}
