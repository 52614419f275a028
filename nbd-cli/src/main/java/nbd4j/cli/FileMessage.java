// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** The words that the JDK leaves out of its file exceptions. */
final class FileMessage {
    private FileMessage() {}

    /** Returns {@code FILE: REASON}. */
    static String of(FileSystemException failure) {
        String reason = switch (failure) {
            case NoSuchFileException e -> "no such file or directory";
            case AccessDeniedException e -> "permission denied";
            case FileAlreadyExistsException e -> "the file exists";
            case NotDirectoryException e -> "not a directory";
            default -> failure.getReason() == null ? "input/output error" : failure.getReason();
        };
        return failure.getFile() == null ? reason : failure.getFile() + ": " + reason;
    }
}
