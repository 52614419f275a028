// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountedDevicesTest {
    private static final long DISK = (8 << 8) | 16; // 8:16
    private static final long OTHER = (8 << 8) | 32; // 8:32

    @TempDir
    Path root;

    private MountedDevices devices;

    @BeforeEach
    void describeAMachine() throws IOException {
        Path swapFile = Files.createFile(root.resolve("swapped"));
        Files.writeString(root.resolve("mountinfo"), """
                22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
                30 22 8:17 / /mnt/data rw - ext4 /dev/sdb1 rw
                """);
        Files.writeString(
                root.resolve("swaps"),
                "Filename\t\t\t\tType\t\tSize\n" + swapFile + "                               partition\t8388604\n");
        Path partition = Files.createDirectories(root.resolve("block/8:16/sdb1"));
        Files.writeString(partition.resolve("partition"), "1\n");
        Files.writeString(partition.resolve("dev"), "8:17\n");
        devices = new MountedDevices(root.resolve("mountinfo"), root.resolve("swaps"), root.resolve("block"));
    }

    @Test
    void refusesADiskWithAMountedPartition() {
        assertThatThrownBy(() -> devices.requireUnused(Path.of("/dev/sdb"), DISK))
                .hasMessage("/dev/sdb: the device (or a partition of it, 8:17) is mounted on /mnt/data; unmount it"
                        + " first");
    }

    @Test
    void refusesAMountedPartition() {
        assertThatThrownBy(() -> devices.requireUnused(Path.of("/dev/sda1"), (8 << 8) | 1))
                .hasMessageContaining("is mounted on /;");
    }

    @Test
    void refusesSwap() {
        assertThatThrownBy(() -> devices.requireUnused(root.resolve("swapped"), OTHER))
                .hasMessageContaining("is in use as swap");
    }

    @Test
    void letsAnUnusedDiskPass() {
        assertThatNoException().isThrownBy(() -> devices.requireUnused(Path.of("/dev/sdc"), OTHER));
    }

    @Test
    void decodesDeviceNumbersAsLinuxDoes() {
        assertThat(MountedDevices.numberText((8 << 8) | 17)).isEqualTo("8:17");
        assertThat(MountedDevices.numberText(0x12310345L)).isEqualTo("259:74565");
    }
}
