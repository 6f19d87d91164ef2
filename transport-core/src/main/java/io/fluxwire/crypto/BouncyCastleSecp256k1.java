package io.fluxwire.crypto;

import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.BigIntegers;

/** secp256k1 by BouncyCastle's lightweight API, on its hand-tuned curve. */
final class BouncyCastleSecp256k1 implements Secp256k1 {

  static final String NAME = "bouncycastle";

  static final Secp256k1 INSTANCE = new BouncyCastleSecp256k1();

  private final ECDomainParameters curve;
  private final BigInteger halfOrder;

  private BouncyCastleSecp256k1() {
    X9ECParameters parameters = CustomNamedCurves.getByName("secp256k1");
    curve =
        new ECDomainParameters(
            parameters.getCurve(), parameters.getG(), parameters.getN(), parameters.getH());
    halfOrder = curve.getN().shiftRight(1);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean isSecret(byte[] secret) {
    if (secret.length != 32) {
      return false;
    }
    BigInteger number = new BigInteger(1, secret);
    return number.signum() > 0 && number.compareTo(curve.getN()) < 0;
  }

  @Override
  public boolean isPublicKey(byte[] publicKey) {
    if (publicKey.length != 33) {
      return false;
    }
    try {
      decode(publicKey);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Override
  public byte[] publicKey(byte[] secret) {
    return new FixedPointCombMultiplier().multiply(curve.getG(), number(secret)).getEncoded(true);
  }

  @Override
  public byte[] sharedSecret(byte[] secret, byte[] publicKey) {
    ECPoint point = ECAlgorithms.cleanPoint(curve.getCurve(), decode(publicKey));
    byte[] compressed = point.multiply(number(secret)).getEncoded(true);
    byte[] hash = new byte[32];
    SHA256Digest digest = new SHA256Digest();
    digest.update(compressed, 0, compressed.length);
    digest.doFinal(hash, 0);
    Arrays.fill(compressed, (byte) 0);
    return hash;
  }

  @Override
  public byte[] sign(byte[] secret, byte[] hash) {
    ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
    signer.init(true, new ECPrivateKeyParameters(number(secret), curve));
    BigInteger[] rs = signer.generateSignature(hash);
    BigInteger s = rs[1].compareTo(halfOrder) > 0 ? curve.getN().subtract(rs[1]) : rs[1];
    byte[] signature = new byte[64];
    BigIntegers.asUnsignedByteArray(rs[0], signature, 0, 32);
    BigIntegers.asUnsignedByteArray(s, signature, 32, 32);
    return signature;
  }

  @Override
  public boolean verify(byte[] signature, byte[] hash, byte[] publicKey) {
    ECDSASigner signer = new ECDSASigner();
    signer.init(false, new ECPublicKeyParameters(decode(publicKey), curve));
    return signer.verifySignature(
        hash, new BigInteger(1, signature, 0, 32), new BigInteger(1, signature, 32, 32));
  }

  private ECPoint decode(byte[] publicKey) {
    return curve.getCurve().decodePoint(publicKey);
  }

  private BigInteger number(byte[] secret) {
    if (!isSecret(secret)) {
      throw new IllegalArgumentException("not a secp256k1 secret");
    }
    return new BigInteger(1, secret);
  }
}
