package io.fluxwire.testing;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;

/**
 * The cryptography of a {@link ScriptedPeer}, implemented from the protocol's description only: it
 * shares no code with what it tests.
 */
final class ScriptKeys {

  private static final X9ECParameters SECP256K1 = CustomNamedCurves.getByName("secp256k1");
  private static final ECDomainParameters CURVE =
      new ECDomainParameters(
          SECP256K1.getCurve(), SECP256K1.getG(), SECP256K1.getN(), SECP256K1.getH());

  private ScriptKeys() {}

  static BigInteger secret() {
    return new BigInteger(255, new SecureRandom()).add(BigInteger.ONE);
  }

  static byte[] point(BigInteger secret) {
    return CURVE.getG().multiply(secret).normalize().getEncoded(true);
  }

  static byte[] shared(BigInteger secret, byte[] theirs) {
    return sha256(
        CURVE.getCurve().decodePoint(theirs).multiply(secret).normalize().getEncoded(true));
  }

  /** Whether r and s, 32 bytes each, sign a session key. */
  static boolean signs(byte[] id, byte[] r, byte[] s, byte[] sessionKey) {
    ECDSASigner verifier = new ECDSASigner();
    verifier.init(false, new ECPublicKeyParameters(CURVE.getCurve().decodePoint(id), CURVE));
    return verifier.verifySignature(
        signedHash(sessionKey), new BigInteger(1, r), new BigInteger(1, s));
  }

  /** The hash that the signature in {@code authenticate} signs. */
  static byte[] signedHash(byte[] sessionKey) {
    return sha256(sha256(sessionKey));
  }

  /** One direction's cipher, MAC and count. */
  static final class Stream {

    private final Cipher cipher;
    private final Mac mac;
    private long total;

    Stream(byte[] shared, byte[] sender) {
      try {
        cipher = Cipher.getInstance("AES/CTR/NoPadding");
        cipher.init(
            Cipher.ENCRYPT_MODE,
            new SecretKeySpec(sha256(join(shared, sender, new byte[] {0})), 0, 16, "AES"),
            new IvParameterSpec(sha256(join(shared, sender, new byte[] {2})), 0, 16));
        mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(sha256(join(shared, sender, new byte[] {1})), "HmacSHA256"));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every Java platform has these", e);
      }
    }

    long total() {
      return total;
    }

    /** The frame of an already padded payload. */
    byte[] seal(byte[] padded, long newTotal) {
      total = newTotal;
      byte[] authenticated = join(littleEndian(newTotal), crypt(padded));
      return join(mac.doFinal(authenticated), authenticated);
    }

    byte[] crypt(byte[] bytes) {
      byte[] crypted = cipher.update(bytes);
      return crypted == null ? new byte[0] : crypted;
    }

    /** Takes note of a received frame's total. */
    int count(long newTotal) {
      int length = (int) (newTotal - total);
      total = newTotal;
      return length;
    }

    boolean verifies(byte[] header, byte[] ciphertext) {
      byte[] totlen = Arrays.copyOfRange(header, 32, 40);
      return Arrays.equals(Arrays.copyOf(header, 32), mac.doFinal(join(totlen, ciphertext)));
    }
  }

  private static byte[] littleEndian(long number) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }
}
