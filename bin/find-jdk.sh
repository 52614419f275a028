# Sourced by the launcher and by mvnw. POSIX shell.

# nbd4j_find_jdk TOOL: sets NBD4J_JAVA_HOME and NBD4J_JAVA_VERSION to the first Java of 21 or later that has bin/TOOL
# (java to run, javac to build). Looks at JAVA_HOME, then PATH, then the usual folders. It reads each JDK's `release`
# file instead of starting it, which would cost 30 ms and more for each. Says what to install when there is none.
nbd4j_find_jdk() {
    for nbd4j_home in "${JAVA_HOME:-}" "$(nbd4j_path_home "$1")" \
        /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* /usr/local/openjdk-* \
        "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home; do
        [ -n "$nbd4j_home" ] && [ -x "$nbd4j_home/bin/$1" ] || continue
        nbd4j_version=$(nbd4j_release "$nbd4j_home")
        [ "$nbd4j_version" -ge 21 ] || continue
        NBD4J_JAVA_HOME=$nbd4j_home
        NBD4J_JAVA_VERSION=$nbd4j_version
        return 0
    done
    echo "nbd4j needs Java 21 or later (with bin/$1); none was found in JAVA_HOME, on PATH or in the usual folders." >&2
    echo "Install one, e.g. 'apt-get install openjdk-21-jdk-headless' or Eclipse Temurin 21 or 25, or set JAVA_HOME." >&2
    return 1
}

# The home of the TOOL on PATH, through symlinks; empty if there is none.
nbd4j_path_home() {
    nbd4j_tool=$(command -v "$1" 2>/dev/null) || return 0
    nbd4j_tool=$(readlink -f -- "$nbd4j_tool" 2>/dev/null) || return 0
    printf '%s\n' "${nbd4j_tool%/bin/*}"
}

# The feature version of the JDK at $1 (17, 21, 25), 0 if it cannot be told.
nbd4j_release() {
    nbd4j_line=
    [ -r "$1/release" ] && while IFS= read -r nbd4j_line; do
        case $nbd4j_line in JAVA_VERSION=*) break ;; esac
        nbd4j_line=
    done <"$1/release"
    nbd4j_line=${nbd4j_line#JAVA_VERSION=\"}
    nbd4j_line=${nbd4j_line%%[!0-9]*}
    printf '%s\n' "${nbd4j_line:-0}"
}
