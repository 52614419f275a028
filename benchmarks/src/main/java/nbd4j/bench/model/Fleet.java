// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import java.util.Locale;

/**
 * What many disks need that are copied over one link.
 *
 * @param disks how many
 * @param bytesPerDisk data of each, holes not counted
 * @param gigabits of the link, a second
 * @param atOnce how many are copied at once, so that the link is full
 * @param seconds for all of them
 * @param cores processors for all copies that run at once
 * @param memory bytes of all processes that run at once
 */
record Fleet(int disks, long bytesPerDisk, double gigabits, int atOnce, double seconds, double cores, double memory) {
    static final String HEAD = """
            | disks | data of each | link | at once | hours | processors of the copiers | memory |
            |---|---|---|---|---|---|---|
            """;

    /**
     * Returns what disks need.
     *
     * @param costs of a copy from server to server
     * @param latencySeconds of a read and a write together
     * @param processBytes memory of one copy with default settings
     */
    static Fleet of(
            Costs costs,
            int disks,
            long bytesPerDisk,
            double gigabits,
            double latencySeconds,
            int requestSize,
            double processBytes) {
        double link = gigabits * 1e9 / 8;
        int inFlight = (int) Math.min(Job.MOST_IN_FLIGHT, Job.MOST_MEMORY / requestSize);
        // Alone, a copy goes as fast as its requests in flight and one processor for each of four connections let it.
        var alone = new Job(bytesPerDisk, requestSize, inFlight, 4, latencySeconds, link, 4, false);
        double one = new CopyModel(costs).predict(alone).seconds();
        int atOnce = (int) Math.clamp(Math.ceil(link * one / bytesPerDisk), 1, disks);
        double seconds = Math.max(disks * (double) bytesPerDisk / link, Math.ceil((double) disks / atOnce) * one);
        double cores =
                disks * (double) bytesPerDisk / requestSize * costs.client(requestSize) * costs.stall() / seconds;
        return new Fleet(disks, bytesPerDisk, gigabits, atOnce, seconds, cores, atOnce * processBytes);
    }

    String row() {
        return String.format(
                Locale.ROOT,
                "| %,d | %,d GiB | %.0f Gbit/s | %d | %.1f | %.1f | %.1f GiB |%n",
                disks,
                bytesPerDisk >> 30,
                gigabits,
                atOnce,
                seconds / 3600,
                cores,
                memory / (1 << 30));
    }
}
