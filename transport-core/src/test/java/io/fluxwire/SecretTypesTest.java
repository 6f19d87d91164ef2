package io.fluxwire;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.fluxwire.crypto.KemKeyPair;
import io.fluxwire.crypto.SecretHolders;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.handshake.v3.ChosenUpgrade;
import io.fluxwire.handshake.v3.UpgradeOffer;
import io.fluxwire.handshake.v3.Upgrades;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.session.SessionSpec;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.security.auth.Destroyable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What holds a secret does not print it, and nothing compares secrets byte by byte. */
@Tag("slow")
class SecretTypesTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(new ImportOption.DoNotIncludeJars())
          .importPackages("io.fluxwire");

  @Test
  void everySecretTypePrintsAPlaceholder() {
    byte[] secret = HexFormat.of().parseHex("0123456789abcdef".repeat(4));
    List<Object> holders = new ArrayList<>(SecretHolders.all(secret));
    NodeKey key = NodeKey.of(secret);
    holders.add(key);
    holders.add(chosenUpgrade());
    Set<String> destroyable =
        MAIN.stream()
            .filter(type -> type.isAssignableTo(Destroyable.class) && !type.isInterface())
            .map(JavaClass::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(holders).extracting(holder -> holder.getClass().getName()).containsAll(destroyable);
    assertThat(destroyable).hasSizeGreaterThanOrEqualTo(6);
    holders.add(SessionSpec.of(key));
    for (Object holder : holders) {
      assertThat(holder.toString())
          .as(holder.getClass().getName())
          .contains("***")
          .doesNotContain("0123456789abcdef")
          .doesNotContain(Arrays.toString(secret));
    }
  }

  private static ChosenUpgrade chosenUpgrade() {
    UpgradePolicy policy = UpgradePolicy.allowed();
    byte[] kem = KemKeyPair.generate(new SecureRandom()).publicKey();
    return Objects.requireNonNull(
        Upgrades.choose(policy, 0, UpgradeOffer.of(policy, kem, 0), new SecureRandom()));
  }

  @Test
  void nothingComparesBytesInATimeThatTellsHowManyAreEqual() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.fluxwire.crypto..", "io.fluxwire.record..", "io.fluxwire.handshake..")
        .should()
        .callMethod(Arrays.class, "equals", byte[].class, byte[].class)
        .orShould()
        .callMethod(
            Arrays.class,
            "equals",
            byte[].class,
            int.class,
            int.class,
            byte[].class,
            int.class,
            int.class)
        .orShould()
        .callMethod(Arrays.class, "mismatch", byte[].class, byte[].class)
        .because("MessageDigest.isEqual takes the same time whatever it finds")
        .check(MAIN);
  }
}
