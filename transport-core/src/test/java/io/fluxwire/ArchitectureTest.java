package io.fluxwire;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.fluxwire.crypto.Aead;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class ArchitectureTest {

  private static final JavaClasses CORE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(new ImportOption.DoNotIncludeJars())
          .importPackages("io.fluxwire");

  @Test
  void packagesHaveNoCycles() {
    check(slices().assignedFrom(new Packages()).should().beFreeOfCycles());
  }

  @Test
  void framesAndHandshakeKnowNothingOfDialsAndSessions() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("io.fluxwire.record..", "io.fluxwire.handshake..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.fluxwire.dial..", "io.fluxwire.session.."));
  }

  @Test
  void theTransportKnowsNothingOfTheProtocol() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.fluxwire.transport..")
            .should()
            .dependOnClassesThat(
                JavaClass.Predicates.resideInAPackage("io.fluxwire..")
                    .and(
                        JavaClass.Predicates.resideOutsideOfPackages(
                            "io.fluxwire", "io.fluxwire.transport.."))));
  }

  @Test
  void groupsKnowNothingOfWhatMakesConnections() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.fluxwire.group..")
            .should()
            .dependOnClassesThat(
                JavaClass.Predicates.resideInAPackage("io.fluxwire..")
                    .and(
                        JavaClass.Predicates.resideOutsideOfPackages(
                            "io.fluxwire",
                            "io.fluxwire.dial..",
                            "io.fluxwire.group..",
                            "io.fluxwire.internal.."))));
  }

  @Test
  void cryptoKnowsNothingOfTheRest() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.fluxwire.crypto..")
            .should()
            .dependOnClassesThat(
                JavaClass.Predicates.resideInAPackage("io.fluxwire..")
                    .and(JavaClass.Predicates.resideOutsideOfPackage("io.fluxwire.crypto.."))));
  }

  @Test
  void coreKnowsNothingOfReactorNettyAndSockets() {
    check(
        noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("reactor.netty..", "io.netty.channel..", "io.netty.bootstrap.."));
  }

  @Test
  void onlyCryptoTouchesCryptography() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.fluxwire.crypto..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.bouncycastle..", "fr.acinq..", "javax.crypto.."));
  }

  @Test
  void whatIsObservedIsToldToTheObserverWhichKnowsNothingOfTheStages() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.fluxwire.observe..")
            .should()
            .dependOnClassesThat(
                JavaClass.Predicates.resideInAPackage("io.fluxwire..")
                    .and(
                        JavaClass.Predicates.resideOutsideOfPackages(
                            "io.fluxwire", "io.fluxwire.internal..", "io.fluxwire.observe.."))
                    // A value that sessions negotiate, and so a tag.
                    .and(DescribedPredicate.not(JavaClass.Predicates.type(Aead.class)))));
  }

  @Test
  void internalKnowsNothingOfTheRest() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.fluxwire.internal..")
            .should()
            .dependOnClassesThat(
                JavaClass.Predicates.resideInAPackage("io.fluxwire..")
                    .and(JavaClass.Predicates.resideOutsideOfPackage("io.fluxwire.internal.."))));
  }

  @Test
  void onlyTheObserverTouchesMicrometer() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.fluxwire.observe..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.micrometer.."));
  }

  private static void check(ArchRule rule) {
    rule.check(CORE);
  }

  /** One slice for each package, the root included. */
  private static final class Packages implements SliceAssignment {

    @Override
    public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
      return SliceIdentifier.of(javaClass.getPackageName());
    }

    @Override
    public String getDescription() {
      return "packages";
    }
  }
}
