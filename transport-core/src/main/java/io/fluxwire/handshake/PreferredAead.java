package io.fluxwire.handshake;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.fluxwire.crypto.Aead;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/** The order of ciphers that suits this processor. */
final class PreferredAead {

  private static final List<Aead> ORDER = order(hasAesInstructions());

  private PreferredAead() {}

  static List<Aead> order() {
    return ORDER;
  }

  static List<Aead> order(boolean aesInstructions) {
    return aesInstructions
        ? List.of(Aead.AES_128_GCM, Aead.AES_256_GCM, Aead.CHACHA20_POLY1305)
        : List.of(Aead.CHACHA20_POLY1305, Aead.AES_128_GCM, Aead.AES_256_GCM);
  }

  /** Java has no question for the processor, but HotSpot says what it uses. */
  private static boolean hasAesInstructions() {
    try {
      return Boolean.parseBoolean(
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
              .getVMOption("UseAESIntrinsics")
              .getValue()
              .toLowerCase(Locale.ROOT));
    } catch (RuntimeException | LinkageError e) {
      // Another virtual machine, or one without its management module: most processors have them.
      return true;
    }
  }
}
