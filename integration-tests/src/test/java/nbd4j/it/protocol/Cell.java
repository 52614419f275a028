// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.protocol;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import nbd4j.client.ConnectOptions;
import nbd4j.it.protocol.Via.Security;
import nbd4j.model.ReplyStyle;
import nbd4j.uri.NbdUri;
import org.jspecify.annotations.Nullable;

/** One combination of a server, a way of replying and a transport. */
record Cell(Peer peer, ReplyStyle replies, Via via) {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    /** Why some combinations cannot be. MatrixGapsIT shows that each of them is true. */
    private static final List<Gap> GAPS = List.of(
            new Gap(Peer.NBDKIT, ReplyStyle.EXTENDED, null, "nbdkit has no extended headers, 1.42 neither"),
            new Gap(Peer.QEMU_7, ReplyStyle.EXTENDED, null, "qemu has extended headers from 8.2 on"),
            new Gap(Peer.NBD_SERVER, ReplyStyle.STRUCTURED, null, "nbd-server 3.24 has no structured replies"),
            new Gap(Peer.NBD_SERVER, ReplyStyle.EXTENDED, null, "nbd-server has no extended headers"),
            new Gap(Peer.NBD_SERVER, null, Security.PSK, "nbd-server knows certificates only"),
            new Gap(Peer.EMBEDDED, null, Security.PSK, "the JDK's TLS, which the embedded server uses, has no PSK"));

    /** Fields that are null stand for all values. */
    private record Gap(
            Peer peer,
            @Nullable ReplyStyle replies,
            @Nullable Security security,
            String reason) {
        boolean covers(Cell cell) {
            return peer == cell.peer
                    && (replies == null || replies == cell.replies)
                    && (security == null || security == cell.via.security());
        }
    }

    /** Returns the combinations of a server that work. */
    static Stream<Cell> of(Peer peer) {
        return all(peer).filter(cell -> cell.gap().isEmpty());
    }

    /** Returns the combinations of a server that cannot be. */
    static Stream<Cell> gapsOf(Peer peer) {
        return all(peer).filter(cell -> cell.gap().isPresent());
    }

    private static Stream<Cell> all(Peer peer) {
        return Arrays.stream(ReplyStyle.values())
                .flatMap(style -> Arrays.stream(Via.values()).map(via -> new Cell(peer, style, via)));
    }

    /** Returns why this cannot be, if so. */
    Optional<String> gap() {
        return GAPS.stream().filter(gap -> gap.covers(this)).findFirst().map(Gap::reason);
    }

    boolean can(Peer.Feature feature) {
        return peer.can(feature, replies);
    }

    /** Returns options that ask for this way of replying and for none beyond it. */
    ConnectOptions options() {
        return ConnectOptions.defaults()
                .withLocalFilesFromUri(true)
                // Far beyond what a crowded machine needs: these tests are not about limits.
                .withConnectTimeout(PATIENCE)
                .withHandshakeTimeout(PATIENCE)
                .withSilenceTimeout(PATIENCE)
                .withCloseTimeout(PATIENCE)
                .withStructuredReplies(replies != ReplyStyle.SIMPLE)
                .withExtendedHeaders(replies == ReplyStyle.EXTENDED);
    }

    /** Returns the URI of an export, given that of the server without TLS. */
    NbdUri uri(String plain, Keys keys) {
        String user = via.security() == Security.PSK ? Keys.USER + "@" : "";
        String parameters = switch (via.security()) {
            case NONE -> "";
            case X509 -> "tls-certificates=" + keys.directory() + "&tls-hostname=localhost";
            case PSK -> "tls-type=psk&tls-psk-file=" + keys.pskFile();
        };
        String scheme = via.security() == Security.NONE ? "nbd" : "nbds";
        String separator = parameters.isEmpty() ? "" : plain.contains("?") ? "&" : "?";
        return NbdUri.parse(
                plain.replaceFirst("^nbd", scheme).replaceFirst("://", "://" + user) + separator + parameters);
    }

    @Override
    public String toString() {
        return peer + " " + replies + " " + via;
    }
}
