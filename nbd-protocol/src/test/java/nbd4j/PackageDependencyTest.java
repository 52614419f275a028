// SPDX-License-Identifier: Apache-2.0
package nbd4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.ObjectInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The law of this module: which package may use which, and what no class may use. */
class PackageDependencyTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPath(Path.of("target", "classes"));

    /** Data flows to the right; a package imports only what stands beside its name. */
    private static final Map<String, Set<String>> MAY_IMPORT = Map.of(
            "model", Set.of(),
            "uri", Set.of(),
            "transport", Set.of(),
            "wire", Set.of("model"),
            "handshake", Set.of("model", "wire", "transport"),
            "session", Set.of("model", "wire", "transport"),
            "client", Set.of("model", "uri", "transport", "wire", "handshake", "session"));

    static final List<String> PACKAGES = List.copyOf(MAY_IMPORT.keySet());

    @ParameterizedTest
    @FieldSource("PACKAGES")
    void importsOnlyWhatTheTableAllows(String from) {
        String[] forbidden = MAY_IMPORT.keySet().stream()
                .filter(other -> !other.equals(from)
                        && !MAY_IMPORT.getOrDefault(from, Set.of()).contains(other))
                .flatMap(other -> Stream.of("nbd4j." + other, "nbd4j." + other + ".."))
                .toArray(String[]::new);

        noClasses()
                .that()
                .resideInAPackage("nbd4j." + from + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void hasNoPackageThatTheTableDoesNotName() {
        assertThat(CLASSES.stream()
                        .map(type -> type.getPackageName())
                        .filter(name -> !name.isEmpty())
                        .distinct())
                .isSubsetOf(PACKAGES.stream().map(name -> "nbd4j." + name).toList());
    }

    @Test
    void holdsNoMonitorAcrossAMethod() {
        // A virtual thread that blocks in one pins its carrier before JDK 24.
        assertThat(CLASSES.stream()
                        .flatMap(type -> type.getMethods().stream())
                        .filter(method -> method.getModifiers().contains(JavaModifier.SYNCHRONIZED))
                        .map(JavaMethod::getFullName))
                .isEmpty();
    }

    @Test
    void keepsNothingPerThread() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ThreadLocal.class)
                .check(CLASSES);
    }

    @Test
    void deserializesNothing() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ObjectInputStream.class)
                .check(CLASSES);
    }

    @Test
    void printsNothing() {
        noClasses()
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(CLASSES);
    }

    @Test
    void leavesBouncyCastleToTwoClasses() {
        noClasses()
                .that()
                .haveNameNotMatching("nbd4j\\.transport\\.Psk(Client|Transport)(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bouncycastle..")
                .check(CLASSES);
    }
}
