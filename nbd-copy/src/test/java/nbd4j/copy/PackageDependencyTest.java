// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packages import downwards only. This table is the law; a change to it is a commit of its own. */
class PackageDependencyTest {
    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("nbd4j.copy");

    @ParameterizedTest
    @CsvSource({
        // package, may import
        "nbd4j.copy.extent,   nbd4j.model",
        "nbd4j.copy.plan,     nbd4j.copy.extent nbd4j.model",
        "nbd4j.copy.endpoint, nbd4j.pool nbd4j.client nbd4j.uri nbd4j.model",
        "nbd4j.copy.hash,     nbd4j.model",
        "nbd4j.copy.engine,   nbd4j.copy.hash nbd4j.copy.endpoint nbd4j.copy.plan nbd4j.copy.extent nbd4j.model",
        "nbd4j.copy,          nbd4j.copy.engine nbd4j.copy.hash nbd4j.copy.endpoint nbd4j.model"
    })
    void importsDownwardsOnly(String name, String below) {
        List<String> allowed = new ArrayList<>(List.of(below.split(" ")));
        allowed.addAll(List.of(name, "java..", "org.slf4j..", "org.jspecify.annotations.."));
        classes()
                .that()
                .resideInAPackage(name)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed.toArray(String[]::new))
                .check(OURS);
    }

    @Test
    void usesNoMonitors() {
        noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED).check(OURS);
    }
}
