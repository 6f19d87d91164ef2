package io.fluxwire.crypto;

import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** Both curve implementations, for tests of other packages. */
public final class Curves {

  private Curves() {}

  /** libsecp256k1; fails where it does not load. */
  public static Secp256k1 libsecp256k1() {
    return PreferredSecp256k1.select(LibSecp256k1.NAME, LoggerFactory.getLogger(Curves.class));
  }

  /** Both. */
  public static Stream<Secp256k1> all() {
    return Stream.of(Secp256k1.bouncyCastle(), libsecp256k1());
  }
}
