// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import nbd4j.client.ConnectOptions;
import nbd4j.copy.CopyOptions;
import nbd4j.copy.endpoint.EndpointOptions;

/**
 * How {@code nbd copy} is to copy, taken from its arguments.
 *
 * @param copy how to copy
 * @param ends how to open both ends
 * @param hash which digest to compute, and where it goes
 */
record CopySettings(CopyOptions copy, EndpointOptions ends, HashOutput hash) {
    private static final int MAXIMUM_CONNECTIONS = 64;

    static final List<Option> OPTIONS = List.of(
            Option.flag("Give the target all its space: write zeroes, punch no holes.", "--allocated"),
            HashOutput.DIGEST,
            HashOutput.FILE,
            Option.value(
                    "N",
                    "Use up to N connections to each server that allows several. Default: 4.",
                    "-C",
                    "--connections"),
            Option.flag(
                    "The whole target reads as zeroes already; do not write zeroes. Wrong knowledge gives a wrong copy.",
                    "--destination-is-zero",
                    "--target-is-zero"),
            Option.flag("Flush the target before success. This is the default; nbdcopy needs it said.", "--flush"),
            Option.flag("Do not flush: success means only that the target has the data.", "--no-flush"),
            Option.flag("Do not ask the source which ranges are holes; read everything.", "--no-extents"),
            Option.flag("Write into an existing file instead of replacing it at the end.", "--in-place"),
            Option.value("SIZE", "Use at most so much memory for data in flight. Default: 64M.", "--max-memory"),
            Option.optional(
                    "FD", "Show how far the copy is: a bar, or N/100 a line on a file descriptor.", "-p", "--progress"),
            Option.value("SIZE", "Read at most so much ahead on each connection.", "--queue-size"),
            Option.value(
                    "SIZE",
                    "Size of a request, a power of two from 4K to 32M. Default: 8M to a file that is flushed, while both ends are\n"
                            + "quick, else 1M.",
                    "--request-size"),
            Option.value("N", "Have up to N requests in flight on each connection. Default: 64.", "-R", "--requests"),
            Option.value(
                    "TIME",
                    "Repeat what fails for a passing reason, and reconnect, for so long. Default: 8s.",
                    "--retry-for"),
            Option.value(
                    "SIZE",
                    "Look for zeroes in pieces of this size, a power of two from 512; 0: do not look. Default: 4096.",
                    "-S",
                    "--sparse"),
            Option.flag("Do one request after the other.", "--synchronous"),
            Option.value("N", "As nbdcopy: no more connections than threads. 0: no such limit.", "-T", "--threads"),
            ConnectSettings.TIMEOUT,
            ConnectSettings.VERBOSE);

    static CopySettings of(Arguments arguments) throws UsageException {
        if (arguments.has("--flush") && arguments.has("--no-flush")) {
            throw new UsageException("you cannot use --flush and --no-flush together");
        }
        int connections = arguments.number("--connections", 1, MAXIMUM_CONNECTIONS, 4);
        int threads = arguments.number("--threads", 0, Integer.MAX_VALUE, 0);
        connections = threads == 0 ? connections : Math.min(connections, threads);
        connections = arguments.has("--synchronous") ? 1 : connections;
        int requests = arguments.number("--requests", 1, Integer.MAX_VALUE, 64);
        requests = Math.min(requests, ConnectOptions.MAXIMUM_REQUESTS);
        CopyOptions copy = copy(arguments, connections, requests);
        HashOutput hash = HashOutput.of(arguments);
        copy = hash.hash().map(copy::withHash).orElse(copy);
        Duration retryFor = retryFor(arguments, copy.retryFor());
        EndpointOptions ends = EndpointOptions.defaults()
                .withConnections(connections)
                .withRequests(requests)
                .withConnect(ConnectSettings.of(arguments))
                .withReconnectFor(retryFor)
                .withInPlace(arguments.has("--in-place"))
                .withThreads(CliThreads.FACTORY);
        return new CopySettings(copy.withRetryFor(retryFor).withThreads(CliThreads.FACTORY), ends, hash);
    }

    private static CopyOptions copy(Arguments arguments, int connections, int requests) throws UsageException {
        CopyOptions defaults = CopyOptions.defaults();
        int requestSize = arguments.has("--request-size")
                ? powerOfTwo(
                        arguments,
                        "--request-size",
                        CopyOptions.SMALLEST_REQUEST,
                        CopyOptions.LARGEST_REQUEST,
                        CopyOptions.USUAL_REQUEST)
                : defaults.requestSize();
        CopyOptions copy = defaults.withAllocated(arguments.has("--allocated"))
                .withTargetIsZero(arguments.has("--destination-is-zero"))
                .withFlush(!arguments.has("--no-flush"))
                .withExtents(!arguments.has("--no-extents"))
                .withSynchronous(arguments.has("--synchronous"))
                .withRequestSize(requestSize)
                .withSparse(sparse(arguments, defaults.sparse()))
                .withMaximumRequests(
                        Math.toIntExact(Math.min(CopyOptions.MOST_REQUESTS, (long) connections * requests)));
        return copy.withMaximumMemory(memory(arguments, connections, requestSize, defaults.maximumMemory()));
    }

    /** Returns the budget: --max-memory, else as much as nbdcopy allows its threads by --queue-size. */
    private static long memory(Arguments arguments, int connections, int requestSize, long otherwise)
            throws UsageException {
        long queue = arguments.bytes("--queue-size", 0);
        long implied = arguments.has("--queue-size")
                ? Math.max(
                        requestSize == 0 ? CopyOptions.USUAL_REQUEST : requestSize,
                        Math.min(queue, 1L << 40) * connections)
                : otherwise;
        long memory = arguments.bytes("--max-memory", implied);
        if (memory < CopyOptions.SMALLEST_REQUEST) {
            throw new UsageException("--max-memory: %d bytes are less than one request of %d"
                    .formatted(memory, CopyOptions.SMALLEST_REQUEST));
        }
        return memory;
    }

    private static int sparse(Arguments arguments, int otherwise) throws UsageException {
        if (arguments.has("--sparse") && arguments.bytes("--sparse", 0) == 0) {
            return 0;
        }
        return powerOfTwo(arguments, "--sparse", CopyOptions.SMALLEST_SPARSE, 1 << 30, otherwise);
    }

    private static int powerOfTwo(Arguments arguments, String key, int least, int most, int otherwise)
            throws UsageException {
        long bytes = arguments.bytes(key, otherwise);
        if (bytes < least || bytes > most || Long.bitCount(bytes) != 1) {
            throw new UsageException("%s: %d is not a power of two from %d to %d".formatted(key, bytes, least, most));
        }
        return Math.toIntExact(bytes);
    }

    private static Duration retryFor(Arguments arguments, Duration otherwise) throws UsageException {
        Optional<String> text = arguments.value("--retry-for");
        return text.isPresent() ? HumanDuration.parse("--retry-for", text.get()) : otherwise;
    }
}
