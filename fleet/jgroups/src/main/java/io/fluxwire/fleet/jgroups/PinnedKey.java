package io.fluxwire.fleet.jgroups;

import java.net.Socket;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Trusts one public key, whatever the certificate around it says. TLS proves the private one. */
final class PinnedKey extends X509ExtendedTrustManager {

  private final byte[] key;

  PinnedKey(PublicKey key) {
    this.key = key.getEncoded();
  }

  /** The other side has a key, but not the fleet's. */
  static final class OtherKeyException extends CertificateException {

    private static final long serialVersionUID = 1L;

    OtherKeyException() {
      super("it has another key than this fleet's");
    }
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    if (!MessageDigest.isEqual(key, chain[0].getPublicKey().getEncoded())) {
      throw new OtherKeyException();
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
