package io.fluxwire.benchmarks.wire;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.util.List;

/** TLS 1.3 with AES-128-GCM, certificates on both sides, no resumption. */
record Tls(SslContext server, SslContext client) {

  private static final List<String> CIPHERS = List.of("TLS_AES_128_GCM_SHA256");

  static Tls of(SslProvider provider) {
    try {
      X509Bundle server = certificate("server");
      X509Bundle client = certificate("client");
      return new Tls(
          SslContextBuilder.forServer(server.getKeyPair().getPrivate(), server.getCertificatePath())
              .sslProvider(provider)
              .protocols("TLSv1.3")
              .ciphers(CIPHERS)
              .clientAuth(ClientAuth.REQUIRE)
              .trustManager(client.getCertificate())
              .sessionCacheSize(1)
              .sessionTimeout(1)
              .build(),
          SslContextBuilder.forClient()
              .sslProvider(provider)
              .protocols("TLSv1.3")
              .ciphers(CIPHERS)
              .keyManager(client.getKeyPair().getPrivate(), client.getCertificatePath())
              .trustManager(server.getCertificate())
              .endpointIdentificationAlgorithm("")
              .sessionCacheSize(1)
              .sessionTimeout(1)
              .build());
    } catch (Exception e) {
      throw new IllegalStateException("no TLS by " + provider, e);
    }
  }

  private static X509Bundle certificate(String name) throws Exception {
    return new CertificateBuilder()
        .subject("CN=" + name)
        .algorithm(CertificateBuilder.Algorithm.ecp256)
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }
}
