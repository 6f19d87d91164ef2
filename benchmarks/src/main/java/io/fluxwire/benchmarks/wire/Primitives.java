package io.fluxwire.benchmarks.wire;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** What the JDK's AES-128-CTR and HMAC-SHA-256 take for a packet, on heap arrays. */
final class Primitives {

  private static final int PIECE = 8 * 1024;
  private static final int HEADER = 8;
  private static final long BYTES = 64L * 1024 * 1024;
  private static final int PACKETS = 300_000;
  private static final int ROUNDS = 5;

  private Primitives() {}

  static double nanosPerPacket(int size) {
    try {
      double best = Double.MAX_VALUE;
      for (int i = 0; i < ROUNDS; i++) {
        best = Math.min(best, round(size));
      }
      return best;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static double round(int size) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
    cipher.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(new byte[16], "AES"),
        new IvParameterSpec(new byte[16]));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
    byte[] header = new byte[HEADER];
    byte[] tag = new byte[mac.getMacLength()];
    byte[] in = new byte[size];
    byte[] out = new byte[size];
    int packets = (int) Math.min(PACKETS, BYTES / size);
    long start = System.nanoTime();
    for (int i = 0; i < packets; i++) {
      mac.update(header);
      for (int done = 0; done < size; done += PIECE) {
        int piece = Math.min(PIECE, size - done);
        cipher.update(in, done, piece, out, done);
        mac.update(out, done, piece);
      }
      mac.doFinal(tag, 0);
    }
    return (double) (System.nanoTime() - start) / packets;
  }
}
