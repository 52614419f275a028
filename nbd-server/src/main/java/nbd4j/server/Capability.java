// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

/** Something the server can do and can be told not to. */
public enum Capability {
    /** The newstyle handshake; without it, the oldstyle one, which has no options. Of the whole server. */
    NEWSTYLE(false),
    /** Options other than EXPORT_NAME. Of the whole server. */
    FIXED_NEWSTYLE(false),
    /** Leaving out the 124 zeroes after EXPORT_NAME. Of the whole server. */
    NO_ZEROES(false),
    /** Option LIST; without it, refused with ERR_POLICY. Of the whole server. */
    LIST(false),
    /** Options INFO and GO; without them, ERR_UNSUP. Of the whole server. */
    GO(false),
    /** Option STRUCTURED_REPLY. Of the whole server. */
    STRUCTURED_REPLY(false),
    /** Option EXTENDED_HEADERS. Of the whole server. */
    EXTENDED_HEADERS(false),
    /** Options LIST_META_CONTEXT and SET_META_CONTEXT. Of the whole server. */
    META_CONTEXT(false),
    /** Command FLUSH. */
    FLUSH(true),
    /** Command flag FUA. */
    FUA(true),
    /** Command TRIM. */
    TRIM(true),
    /** Command WRITE_ZEROES. */
    WRITE_ZEROES(true),
    /** Command flag FAST_ZERO. */
    FAST_ZERO(true),
    /** Command flag DF. */
    DF(true),
    /** Command CACHE. */
    CACHE(true),
    /** Several connections that see each other's writes. */
    MULTI_CONN(true),
    /** BLOCK_STATUS for a choice of contexts, under extended headers. */
    BLOCK_STATUS_PAYLOAD(true),
    /** Hole chunks in replies to READ; without them all bytes are sent as data. */
    HOLE_CHUNKS(true);

    private final boolean ofExport;

    Capability(boolean ofExport) {
        this.ofExport = ofExport;
    }

    /**
     * Answers whether one export can have it and another not.
     *
     * @return false if it belongs to the handshake, so to the whole server
     */
    public boolean ofExport() {
        return ofExport;
    }
}
