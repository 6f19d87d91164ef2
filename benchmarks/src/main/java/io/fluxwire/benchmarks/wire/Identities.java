package io.fluxwire.benchmarks.wire;

import io.fluxwire.identity.NodeKey;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The keys and certificates of both sides, as files of one folder, so that a second process has the
 * same ones.
 */
record Identities(Path folder) {

  /** Makes them. */
  static Identities create() throws IOException {
    Identities made = new Identities(Files.createTempDirectory("fluxwire-bench"));
    made.serverKey();
    made.clientKey();
    made.certify("server");
    made.certify("client");
    return made;
  }

  NodeKey serverKey() throws IOException {
    return NodeKey.loadOrCreate(folder.resolve("server.key"));
  }

  NodeKey clientKey() throws IOException {
    return NodeKey.loadOrCreate(folder.resolve("client.key"));
  }

  Path certificate(String side) {
    return folder.resolve(side + ".crt.pem");
  }

  Path privateKey(String side) {
    return folder.resolve(side + ".key.pem");
  }

  private void certify(String side) throws IOException {
    try {
      X509Bundle bundle =
          new CertificateBuilder()
              .subject("CN=" + side)
              .algorithm(CertificateBuilder.Algorithm.ecp256)
              .setIsCertificateAuthority(true)
              .buildSelfSigned();
      Files.writeString(certificate(side), bundle.getCertificatePathPEM());
      Files.writeString(privateKey(side), bundle.getPrivateKeyPEM());
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("no certificate for the " + side, e);
    }
  }

  void delete() throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
