// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

/** What the commands end with. {@code info --can} and its kin use {@link #DONE}, {@link #FAILED} and {@link #NO}. */
final class ExitCode {
    static final int DONE = 0;

    /** It failed, and would fail again. */
    static final int FAILED = 1;

    /** The command line is wrong. */
    static final int USAGE = 2;

    /** The answer to a question is no. As nbdinfo has it. */
    static final int NO = 2;

    /** A verification or comparison found a difference. */
    static final int DIFFERENT = 3;

    /** Stopped before the end in a state from which another run can go on. */
    static final int INCOMPLETE = 4;

    /** Ended by SIGINT: 128 + 2, as shells count. */
    static final int INTERRUPTED = 130;

    /** Ended by SIGTERM: 128 + 15. */
    static final int TERMINATED = 143;

    private ExitCode() {}
}
