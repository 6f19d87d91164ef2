package io.fluxwire.crypto;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class PreferredSecp256k1 {

  static final String PROPERTY = "fluxwire.secp256k1";

  private static final String LIBRARY = "fr.acinq.secp256k1.Secp256k1";

  private static final Choice CHOICE = choose(System.getProperty(PROPERTY));

  private PreferredSecp256k1() {}

  /**
   * What was chosen. A choice that is not possible is kept, and not thrown: a class that fails to
   * initialize says why only once.
   */
  private record Choice(@Nullable Secp256k1 curve, @Nullable String failure) {}

  static Secp256k1 get() {
    Secp256k1 curve = CHOICE.curve();
    if (curve == null) {
      throw new IllegalStateException(CHOICE.failure());
    }
    return curve;
  }

  private static Choice choose(@Nullable String wanted) {
    Logger log = LoggerFactory.getLogger(Secp256k1.class);
    try {
      Secp256k1 chosen = select(wanted, log);
      log.info("secp256k1 by {}", chosen.name());
      return new Choice(chosen, null);
    } catch (IllegalStateException e) {
      return new Choice(null, e.getMessage());
    }
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
    } catch (ClassNotFoundException e) {
      return withoutLibrary(wanted, "it is not on the class path", e, log);
    }
    LibSecp256k1Loader loader = new LibSecp256k1Loader();
    try {
      return loader.load();
    } catch (Exception | LinkageError e) {
      String reason = loader.reason(e);
      if (wanted == null) {
        log.warn(
            "libsecp256k1 cannot be loaded from {} ({}): BouncyCastle takes its place and is slower;"
                + " -Djava.io.tmpdir=FOLDER is another place to load it from",
            System.getProperty("java.io.tmpdir"),
            reason);
      }
      return withoutLibrary(wanted, reason, e, log);
    }
  }

  private static Secp256k1 withoutLibrary(
      @Nullable String wanted, String reason, Throwable cause, Logger log) {
    if (wanted != null) {
      throw new IllegalStateException(
          "-D%s=%s: not usable (%s); it takes fr.acinq.secp256k1:secp256k1-kmp-jni-jvm and its platform artifact"
              .formatted(PROPERTY, wanted, reason),
          cause);
    }
    log.debug("libsecp256k1 is not used", cause);
    return BouncyCastleSecp256k1.INSTANCE;
  }
}
