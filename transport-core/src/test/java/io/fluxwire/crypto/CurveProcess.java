package io.fluxwire.crypto;

/** A process that says which curve it has, and that it works. */
final class CurveProcess {

  private CurveProcess() {}

  /** Prints the curve's name, twice: the second time nothing is chosen any more. */
  public static void main(String[] args) {
    for (int i = 0; i < 2; i++) {
      try {
        Secp256k1 curve = Secp256k1.preferred();
        byte[] secret = new byte[32];
        secret[31] = 1;
        System.out.println(curve.name() + " " + curve.isPublicKey(curve.publicKey(secret)));
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
