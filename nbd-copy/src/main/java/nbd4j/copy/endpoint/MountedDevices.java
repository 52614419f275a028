// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Refuses to write over a block device that this machine is using: mounted, swapped on, or with a partition that is.
 *
 * <p>Source: proc(5), {@code /proc/self/mountinfo}, {@code /proc/swaps}; Linux only, elsewhere nothing is refused.
 *
 * @param mountInfo the list of mounts
 * @param swaps the list of swaps
 * @param devices where the kernel lists devices by number
 */
record MountedDevices(Path mountInfo, Path swaps, Path devices) {
    private static final int DEVICE_FIELD = 2;
    private static final int MOUNT_POINT_FIELD = 4;

    /** Returns the lists of this machine. */
    static MountedDevices ofThisMachine() {
        return new MountedDevices(Path.of("/proc/self/mountinfo"), Path.of("/proc/swaps"), Path.of("/sys/dev/block"));
    }

    /**
     * Does nothing if the device is not in use.
     *
     * @param path the device, for the message
     * @param number its device number, as stat(2) has it
     * @throws FileSystemException if it is mounted or swapped on, as a whole or in part
     */
    void requireUnused(Path path, long number) throws IOException {
        for (String device : withPartitions(numberText(number))) {
            requireNotMounted(path, device);
        }
        requireNotSwap(path);
    }

    /** Returns {@code major:minor} of a device number as Linux encodes it. */
    static String numberText(long number) {
        long major = ((number >>> 8) & 0xFFF) | ((number >>> 32) & ~0xFFFL);
        long minor = (number & 0xFF) | ((number >>> 12) & ~0xFFL & 0xFFFF_FFFFL);
        return major + ":" + minor;
    }

    private List<String> withPartitions(String device) throws IOException {
        List<String> all = new ArrayList<>();
        all.add(device);
        Path directory = devices.resolve(device);
        if (!Files.isDirectory(directory)) {
            return all;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                Path partition = entry.resolve("dev");
                if (Files.exists(entry.resolve("partition")) && Files.exists(partition)) {
                    all.add(Files.readString(partition).strip());
                }
            }
        }
        return all;
    }

    private void requireNotMounted(Path path, String device) throws IOException {
        if (!Files.exists(mountInfo)) {
            return;
        }
        for (String line : Files.readAllLines(mountInfo)) {
            String[] fields = line.split(" ", -1);
            if (fields.length > MOUNT_POINT_FIELD && fields[DEVICE_FIELD].equals(device)) {
                throw new FileSystemException(
                        path.toString(),
                        null,
                        "the device (or a partition of it, %s) is mounted on %s; unmount it first"
                                .formatted(device, fields[MOUNT_POINT_FIELD]));
            }
        }
    }

    private void requireNotSwap(Path path) throws IOException {
        if (!Files.exists(swaps)) {
            return;
        }
        for (String line : Files.readAllLines(swaps)) {
            String name = line.split("\\s", 2)[0];
            if (name.startsWith("/")
                    && Files.exists(Path.of(name))
                    && Files.exists(path)
                    && Files.isSameFile(Path.of(name), path)) {
                throw new FileSystemException(path.toString(), null, "the device is in use as swap");
            }
        }
    }
}
