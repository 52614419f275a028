# Sourced by the commands of this folder, which set here. POSIX shell.
# Builds benchmarks.jar where it is missing or older than a source, and sets nbd4j_benchmarks, its class path.
. "$here/bin/find-jdk.sh"
nbd4j_find_jdk javac || exit 1
if [ ! -f "$here/benchmarks/target/benchmarks.jar" ] ||
    [ -n "$(find "$here"/*/src/main "$here"/*/pom.xml "$here/pom.xml" -type f -newer "$here/benchmarks/target/benchmarks.jar" | head -n 1)" ]; then
    echo "building the benchmarks" >&2
    (cd "$here" && ./mvnw -q -B -Dquick -DskipTests -pl benchmarks -am package) >&2 || exit 1
    touch "$here/benchmarks/target/benchmarks.jar"
fi
nbd4j_benchmarks="$here/benchmarks/target/benchmarks.jar:$here/benchmarks/target/lib/*"
