// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** F-C20: the last files are left to others. */
class OpenFilesTest {
    @TempDir
    private Path process;

    @BeforeEach
    void open30Files() throws IOException {
        Path files = Files.createDirectory(process.resolve("fd"));
        for (int number = 0; number < 30; number++) {
            Files.createFile(files.resolve(String.valueOf(number)));
        }
    }

    private void limit(String limit) throws IOException {
        Files.writeString(process.resolve("limits"), """
                Limit                     Soft Limit           Hard Limit           Units
                Max processes             62987                62987                processes
                Max open files            %s524288               files
                Max locked memory         8388608              8388608              bytes
                """.formatted("%-21s".formatted(limit)));
    }

    @Test
    void leavesSixteenFilesToOthers() throws IOException {
        var files = new OpenFiles(process);
        limit("47");
        assertThatCode(() -> files.requireSpare(0)).doesNotThrowAnyException();
        limit("46");
        assertThatThrownBy(() -> files.requireSpare(0))
                .isInstanceOf(IOException.class)
                .hasMessage("too many open files: 30 of 46, and 0 being opened; the last 16 are left to others");
    }

    @Test
    void countsThoseThatAreJustBeingOpened() throws IOException {
        var files = new OpenFiles(process);
        limit("1024");
        assertThatCode(() -> files.requireSpare(977)).doesNotThrowAnyException();
        assertThatThrownBy(() -> files.requireSpare(978)).hasMessageContaining("978 being opened");
    }

    @Test
    void refusesNothingWhereNobodyKnows() throws IOException {
        assertThatCode(() -> new OpenFiles(process).requireSpare(1000)).doesNotThrowAnyException();
        limit("unlimited");
        assertThatCode(() -> new OpenFiles(process).requireSpare(1000)).doesNotThrowAnyException();
        assertThatCode(() -> new OpenFiles(process.resolve("nobody")).requireSpare(1000))
                .doesNotThrowAnyException();
    }

    @Test
    void readsWhatThisSystemSaysOfThisProcess() {
        assertThatCode(() -> OpenFiles.ofThisProcess().requireSpare(0)).doesNotThrowAnyException();
        if (Files.exists(Path.of("/proc/self/limits"))) {
            assertThatThrownBy(() -> OpenFiles.ofThisProcess().requireSpare(Integer.MAX_VALUE))
                    .hasMessageContaining("too many open files");
        }
    }
}
