package io.fluxwire.benchmarks.wire;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.util.List;

/** TLS 1.3 with AES-128-GCM, certificates on both sides, no resumption. */
record Tls(SslContext server, SslContext client) {

  private static final List<String> CIPHERS = List.of("TLS_AES_128_GCM_SHA256");

  static Tls of(SslProvider provider, Identities identities) throws IOException {
    return new Tls(
        strict(
                SslContextBuilder.forServer(
                    identities.certificate("server").toFile(),
                    identities.privateKey("server").toFile()),
                provider)
            .clientAuth(ClientAuth.REQUIRE)
            .trustManager(identities.certificate("client").toFile())
            .build(),
        strict(SslContextBuilder.forClient(), provider)
            .keyManager(
                identities.certificate("client").toFile(), identities.privateKey("client").toFile())
            .trustManager(identities.certificate("server").toFile())
            .endpointIdentificationAlgorithm("")
            .build());
  }

  private static SslContextBuilder strict(SslContextBuilder builder, SslProvider provider) {
    return builder
        .sslProvider(provider)
        .protocols("TLSv1.3")
        .ciphers(CIPHERS)
        .sessionCacheSize(1)
        .sessionTimeout(1);
  }
}
