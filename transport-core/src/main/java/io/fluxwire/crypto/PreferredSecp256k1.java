package io.fluxwire.crypto;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class PreferredSecp256k1 {

  static final String PROPERTY = "fluxwire.secp256k1";

  static final Secp256k1 INSTANCE = choose(System.getProperty(PROPERTY));

  private static final String LIBRARY = "fr.acinq.secp256k1.Secp256k1";

  private PreferredSecp256k1() {}

  private static Secp256k1 choose(@Nullable String wanted) {
    Logger log = LoggerFactory.getLogger(Secp256k1.class);
    Secp256k1 chosen = select(wanted, log);
    log.info("secp256k1 by {}", chosen.name());
    return chosen;
  }

  static Secp256k1 select(@Nullable String wanted, Logger log) {
    if (BouncyCastleSecp256k1.NAME.equals(wanted)) {
      return BouncyCastleSecp256k1.INSTANCE;
    }
    if (wanted != null && !LibSecp256k1.NAME.equals(wanted)) {
      throw new IllegalStateException(
          "-D%s=%s: unknown; use %s or %s"
              .formatted(PROPERTY, wanted, LibSecp256k1.NAME, BouncyCastleSecp256k1.NAME));
    }
    try {
      Class.forName(LIBRARY, false, PreferredSecp256k1.class.getClassLoader());
      return new LibSecp256k1();
    } catch (ClassNotFoundException e) {
      return withoutLibrary(wanted, e, log);
    } catch (LinkageError | RuntimeException e) {
      // The binding is there but not its native half for this platform.
      log.warn("libsecp256k1 does not load: {}", e.toString());
      return withoutLibrary(wanted, e, log);
    }
  }

  private static Secp256k1 withoutLibrary(@Nullable String wanted, Throwable cause, Logger log) {
    if (wanted != null) {
      throw new IllegalStateException(
          "-D%s=%s: not usable; add fr.acinq.secp256k1:secp256k1-kmp-jni-jvm and its platform artifact"
              .formatted(PROPERTY, wanted),
          cause);
    }
    log.debug("libsecp256k1 is not used", cause);
    return BouncyCastleSecp256k1.INSTANCE;
  }
}
