package io.fluxwire;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The module descriptor, which is not compiled with the code, names all that it has to. What it
 * requires besides the JDK is tried by an application on the module path, outside of this build.
 */
class ModuleInfoTest {

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(new ImportOption.DoNotIncludeJars())
          .importPackages("io.fluxwire");

  private final String descriptor =
      Files.readString(Path.of("src", "main", "module", "module-info.java"));

  ModuleInfoTest() throws IOException {}

  @Test
  void itExportsEachPackageWithPublicTypesAndBeItToOurOwn() {
    Set<String> packages =
        classes.stream()
            .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
            .map(JavaClass::getPackageName)
            // Another module's.
            .filter(name -> !name.equals("io.fluxwire.proto"))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(packages)
        .contains("io.fluxwire", "io.fluxwire.crypto")
        .allSatisfy(
            name ->
                assertThat(descriptor)
                    .containsPattern("exports " + name.replace(".", "\\.") + "[; ]"));
  }

  @Test
  void itRequiresTheModulesOfTheJdkThatItUses() throws ClassNotFoundException {
    Set<String> modules = new TreeSet<>();
    for (JavaClass type : classes) {
      for (Dependency used : type.getDirectDependenciesFromSelf()) {
        String name = used.getTargetClass().getBaseComponentType().getName();
        if (name.startsWith("java.") || name.startsWith("javax.") || name.startsWith("jdk.")) {
          modules.add(Class.forName(name, false, null).getModule().getName());
        }
      }
    }
    modules.remove("java.base");

    assertThat(modules)
        .allSatisfy(name -> assertThat(descriptor).contains("requires " + name + ";"));
  }
}
