# Sourced by the launcher and by mvnw. POSIX shell.

# nbd4j_find_jdk TOOL: sets NBD4J_JAVA_HOME, NBD4J_JAVA_VERSION (21) and NBD4J_JAVA_RELEASE (21.0.4+7) to the first Java
# of 21 or later that has bin/TOOL (java to run, javac to build). Looks at JAVA_HOME, then PATH, then the usual folders.
# It reads each JDK's `release` file instead of starting it, which would cost 30 ms and more for each. Says what to
# install when there is none.
nbd4j_find_jdk() {
    nbd4j_path_home "$1"
    for nbd4j_home in "${JAVA_HOME:-}" "$nbd4j_on_path" \
        /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* /usr/local/openjdk-* \
        "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home; do
        [ -n "$nbd4j_home" ] && [ -x "$nbd4j_home/bin/$1" ] || continue
        nbd4j_release "$nbd4j_home"
        [ "$NBD4J_JAVA_VERSION" -ge 21 ] || continue
        NBD4J_JAVA_HOME=$nbd4j_home
        return 0
    done
    echo "nbd4j needs Java 21 or later (with bin/$1); none was found in JAVA_HOME, on PATH or in the usual folders." >&2
    echo "Install one, e.g. 'apt-get install openjdk-21-jdk-headless' or Eclipse Temurin 21 or 25, or set JAVA_HOME." >&2
    return 1
}

# Sets nbd4j_on_path to the home of the TOOL on PATH, through symlinks; empty if there is none.
nbd4j_path_home() {
    nbd4j_on_path=$(command -v "$1" 2>/dev/null) || return 0
    nbd4j_on_path=$(readlink -f -- "$nbd4j_on_path" 2>/dev/null) || return 0
    nbd4j_on_path=${nbd4j_on_path%/bin/*}
}

# Sets NBD4J_JAVA_VERSION (0 if it cannot be told) and NBD4J_JAVA_RELEASE to those of the JDK at $1.
nbd4j_release() {
    NBD4J_JAVA_RELEASE=
    if [ -r "$1/release" ]; then
        while IFS= read -r nbd4j_line || [ -n "$nbd4j_line" ]; do
            case $nbd4j_line in
                JAVA_RUNTIME_VERSION=*) NBD4J_JAVA_RELEASE=${nbd4j_line#*=} ;;
                JAVA_VERSION=*) NBD4J_JAVA_RELEASE=${NBD4J_JAVA_RELEASE:-${nbd4j_line#*=}} ;;
            esac
        done <"$1/release"
    else
        NBD4J_JAVA_RELEASE=$("$1/bin/java" -XshowSettings:properties -version 2>&1 </dev/null |
            sed -n 's/^ *java\.runtime\.version = //p')
    fi
    NBD4J_JAVA_RELEASE=${NBD4J_JAVA_RELEASE#\"}
    NBD4J_JAVA_RELEASE=${NBD4J_JAVA_RELEASE%\"}
    NBD4J_JAVA_VERSION=${NBD4J_JAVA_RELEASE%%[!0-9]*}
    NBD4J_JAVA_VERSION=${NBD4J_JAVA_VERSION:-0}
}
