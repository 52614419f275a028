// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;

/** Takes the rows of a map in ascending order, without a gap; neighbours differ. */
interface MapSink {
    void row(MapRow row) throws IOException;

    /** Called once, after the last row of a map that is complete. */
    void end() throws IOException;
}
