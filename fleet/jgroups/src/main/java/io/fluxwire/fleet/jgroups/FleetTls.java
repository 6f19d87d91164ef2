package io.fluxwire.fleet.jgroups;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fluxwire.NodeIdentity;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import reactor.core.publisher.Mono;

/**
 * The TLS between the members of a fleet. All have the same key, so all have the same key pair,
 * which is derived from it: each shows the other that it has the private key, and accepts no other
 * public key. TLS 1.3 only, so what was recorded cannot be read when the key becomes known later.
 */
final class FleetTls {

  private static final String[] PROTOCOLS = {"TLSv1.3"};
  private static final AlgorithmIdentifier ED25519 =
      new AlgorithmIdentifier(new ASN1ObjectIdentifier("1.3.101.112"));

  /** HKDF's info and the number of the block. */
  private static final byte[] LABEL = "fluxwire fleet over JGroups, version 1\1".getBytes(US_ASCII);

  /** The key pair is what is checked: a certificate ends for nobody, whatever its clock says. */
  private static final Date FROM = Date.from(Instant.parse("2000-01-01T00:00:00Z"));

  private static final Date UNTIL = Date.from(Instant.parse("2200-01-01T00:00:00Z"));

  private final SSLContext context;

  private FleetTls(SSLContext context) {
    this.context = context;
  }

  /**
   * Derives the key pair from what a key agrees on with itself, which only its owner can compute.
   *
   * @return errors when the identity cannot agree on keys
   */
  static Mono<FleetTls> of(NodeIdentity key) {
    return key.agree(key.id().toBytes()).map(FleetTls::ofSecret);
  }

  private static FleetTls ofSecret(byte[] secret) {
    byte[] seed = null;
    try {
      Mac hmac = Mac.getInstance("HmacSHA256");
      hmac.init(new SecretKeySpec(secret, "HmacSHA256"));
      seed = hmac.doFinal(LABEL);
      return new FleetTls(context(seed));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java platform has no TLS 1.3 with Ed25519", e);
    } finally {
      Arrays.fill(secret, (byte) 0);
      if (seed != null) {
        Arrays.fill(seed, (byte) 0);
      }
    }
  }

  private static SSLContext context(byte[] seed) throws GeneralSecurityException {
    PrivateKey secret =
        KeyFactory.getInstance("Ed25519")
            .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
    byte[] publicKey = new Ed25519PrivateKeyParameters(seed).generatePublicKey().getEncoded();
    Certificate certificate = certificate(secret, publicKey);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        keyManagers(secret, certificate).getKeyManagers(),
        new TrustManager[] {new PinnedKey(certificate.getPublicKey())},
        null);
    return context;
  }

  private static KeyManagerFactory keyManagers(PrivateKey secret, Certificate certificate)
      throws GeneralSecurityException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      // In memory, and nobody else's: the password keeps nothing.
      char[] password = new char[0];
      store.setKeyEntry("fleet", secret, password, new Certificate[] {certificate});
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, password);
      return managers;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A certificate that the key signs itself: the form in which TLS carries a public key. */
  private static Certificate certificate(PrivateKey secret, byte[] publicKey)
      throws GeneralSecurityException {
    X500Name name = new X500Name("CN=fluxwire fleet");
    V3TBSCertificateGenerator fields = new V3TBSCertificateGenerator();
    fields.setSerialNumber(new ASN1Integer(BigInteger.ONE));
    fields.setIssuer(name);
    fields.setSubject(name);
    fields.setStartDate(new Time(FROM));
    fields.setEndDate(new Time(UNTIL));
    fields.setSignature(ED25519);
    fields.setSubjectPublicKeyInfo(new SubjectPublicKeyInfo(ED25519, publicKey));
    TBSCertificate toBeSigned = fields.generateTBSCertificate();
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(secret);
      signature.update(toBeSigned.getEncoded(ASN1Encoding.DER));
      ASN1EncodableVector whole = new ASN1EncodableVector();
      whole.add(toBeSigned);
      whole.add(ED25519);
      whole.add(new DERBitString(signature.sign()));
      return CertificateFactory.getInstance("X.509")
          .generateCertificate(
              new ByteArrayInputStream(new DERSequence(whole).getEncoded(ASN1Encoding.DER)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lays TLS over a socket that is connected, without a handshake yet. */
  SSLSocket over(Socket socket, boolean client) throws IOException {
    SSLSocket tls =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(
                    socket, socket.getInetAddress().getHostAddress(), socket.getPort(), true);
    tls.setEnabledProtocols(PROTOCOLS);
    tls.setUseClientMode(client);
    if (!client) {
      tls.setNeedClientAuth(true);
    }
    return tls;
  }
}
