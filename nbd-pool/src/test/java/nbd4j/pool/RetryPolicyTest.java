// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdError;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.NbdTlsException;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    private static final int TRIES = 2_000;

    @Test
    void repeatsWhatMayPassAndNothingElse() {
        var repeated = List.of(
                command(NbdError.EIO),
                command(NbdError.ENOMEM),
                command(NbdError.ESHUTDOWN),
                new NbdDisconnectedException("gone"),
                new NbdTimeoutException("silence"),
                new ConnectException("refused"),
                new EOFException());
        var permanent = List.of(
                command(NbdError.EPERM),
                command(NbdError.EINVAL),
                command(NbdError.ENOSPC),
                command(NbdError.EOVERFLOW),
                command(NbdError.ENOTSUP),
                new NbdCommandException("read", 9999, "", -1),
                new NbdProtocolException("breach"),
                new NbdTlsException("untrusted"),
                new NbdNegotiationException("unknown export", 0x8000_0006L),
                new InterruptedIOException());

        assertThat(repeated).allMatch(RetryPolicy::repeatable);
        assertThat(permanent).noneMatch(RetryPolicy::repeatable);
        assertThat(RetryPolicy.repeatable(command(NbdError.EIO), true))
                .as("a flush")
                .isFalse();
        assertThat(RetryPolicy.repeatable(new NbdDisconnectedException("gone"), true))
                .as("a flush")
                .isTrue();
    }

    private static IOException command(NbdError error) {
        return new NbdCommandException("read", error.value(), "", -1);
    }

    /** PBT-10. */
    @Test
    void neverBeginsAnAttemptBeyondItsBudgetOrItsCount() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int run = 0; run < TRIES; run++) {
            var backOff = new BackOff(
                    Duration.ofMillis(1 + random.nextInt(500)),
                    Duration.ofMillis(500 + random.nextInt(10_000)),
                    random.nextDouble());
            var policy = new RetryPolicy(Duration.ofMillis(random.nextInt(60_000)), 1 + random.nextInt(30), backOff);
            long elapsed = 0;
            int attempts = 1;
            while (true) {
                long pause = policy.pauseNanos(attempts, elapsed, random);
                if (pause == RetryPolicy.NONE) {
                    break;
                }
                double whole = Math.min(
                        (double) backOff.maximum().toNanos(), backOff.first().toNanos() * Math.pow(2, attempts - 1));
                assertThat((double) pause)
                        .as("seed %d run %d attempt %d", seed, run, attempts)
                        .isBetween(whole * (1 - backOff.jitter()) - 1, whole + 1);
                elapsed += pause;
                assertThat(elapsed)
                        .as("seed %d run %d", seed, run)
                        .isLessThan(policy.budget().toNanos() + 1);
                attempts++;
            }
            assertThat(attempts).as("seed %d run %d", seed, run).isLessThanOrEqualTo(policy.attempts());
        }
    }

    @Test
    void growsToItsMaximumAndStaysThere() {
        var backOff = new BackOff(Duration.ofNanos(1), Duration.ofDays(1), 0);

        assertThat(backOff.nanosAfter(1, new Random(1))).isEqualTo(1);
        assertThat(backOff.nanosAfter(11, new Random(1))).isEqualTo(1024);
        assertThat(BackOff.defaults().withJitter(0).nanosAfter(Integer.MAX_VALUE, new Random(1)))
                .isEqualTo(Duration.ofSeconds(10).toNanos());
    }

    @Test
    void refusesNumbersThatMakeNoSense() {
        assertThatThrownBy(() -> new BackOff(Duration.ZERO, Duration.ofSeconds(1), 0.5))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BackOff.defaults().withDelays(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .hasMessageContaining("back-off from PT2S to PT1S");
        assertThatThrownBy(() -> BackOff.defaults().withJitter(1.5)).hasMessage("jitter 1.5 is not from 0 to 1");
        assertThatThrownBy(() -> BackOff.defaults().withJitter(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> RetryPolicy.defaults().withAttempts(0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> PoolOptions.defaults().withConnections(65))
                .hasMessage("65 connections are not from 1 to 64");
        assertThatThrownBy(() -> PoolOptions.defaults().withDepth(257))
                .hasMessage("depth 257 is not from 1 to the 256 requests that a connection takes");
        assertThatThrownBy(() -> PoolOptions.defaults().withWaitLimit(Duration.ofMillis(-1)))
                .hasMessageContaining("wait limit PT-0.001S is negative");
    }
}
