// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

/** What may stand as the host of a TCP address. Decided by the text alone; no name server is asked. */
final class Hosts {
    /** Longest name of the domain name system, with its dots. */
    private static final int MAXIMUM_LENGTH = 253;

    private static final int GROUPS = 8;

    private Hosts() {}

    static void require(String host) {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("the host is empty");
        }
        if (host.length() > MAXIMUM_LENGTH) {
            throw new IllegalArgumentException(
                    "the host is %d characters long, at most %d are allowed".formatted(host.length(), MAXIMUM_LENGTH));
        }
        if (host.indexOf(':') >= 0) {
            if (!isIpv6(host)) {
                throw new IllegalArgumentException("the host contains a colon, but is not an IPv6 address");
            }
            return;
        }
        for (int i = 0; i < host.length(); i++) {
            if (!isNameCharacter(host.charAt(i))) {
                throw new IllegalArgumentException(
                        "the host contains %s; letters, digits, '-', '_', '~' and '.' are allowed"
                                .formatted(Shown.character(host.charAt(i))));
            }
        }
        if (host.startsWith("-") || host.startsWith(".")) {
            throw new IllegalArgumentException("the host begins with '%c'".formatted(host.charAt(0)));
        }
    }

    private static boolean isNameCharacter(char c) {
        return isAsciiLetter(c) || isDigit(c) || "-._~".indexOf(c) >= 0;
    }

    /** Returns whether the text is an IPv6 address in one of the forms of RFC 4291, perhaps with a zone. */
    static boolean isIpv6(String text) {
        int zone = text.indexOf('%');
        if (zone >= 0 && !isZone(text.substring(zone + 1))) {
            return false;
        }
        String address = zone < 0 ? text : text.substring(0, zone);
        int gap = address.indexOf("::");
        if (gap < 0) {
            return countGroups(address, true) == GROUPS;
        }
        int before = countGroups(address.substring(0, gap), false);
        int after = countGroups(address.substring(gap + 2), true);
        return before >= 0 && after >= 0 && before + after < GROUPS;
    }

    /** Returns how many groups of 16 bits the text has, an IPv4 tail counting as two; -1 if it is malformed. */
    private static int countGroups(String text, boolean ipv4Tail) {
        if (text.isEmpty()) {
            return 0;
        }
        String[] parts = text.split(":", -1);
        int groups = 0;
        for (int i = 0; i < parts.length; i++) {
            if (isGroup(parts[i])) {
                groups++;
            } else if (ipv4Tail && i == parts.length - 1 && isIpv4(parts[i])) {
                groups += 2;
            } else {
                return -1;
            }
        }
        return groups;
    }

    private static boolean isGroup(String text) {
        return !text.isEmpty() && text.length() <= 4 && text.chars().allMatch(c -> PercentCoding.hexDigit(c) >= 0);
    }

    private static boolean isIpv4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return false;
        }
        for (String part : parts) {
            if (part.isEmpty()
                    || part.length() > 3
                    || !part.chars().allMatch(c -> isDigit((char) c))
                    || Integer.parseInt(part) > 255) {
                return false;
            }
        }
        return true;
    }

    private static boolean isZone(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> isNameCharacter((char) c));
    }

    static boolean isAsciiLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
