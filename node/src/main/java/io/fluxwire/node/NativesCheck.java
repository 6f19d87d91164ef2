package io.fluxwire.node;

import io.fluxwire.crypto.Secp256k1;
import io.netty.channel.epoll.Epoll;
import java.util.Locale;

/**
 * Whether native code is used where there is some.
 *
 * @param system the name of the operating system
 * @param epoll whether sockets are served by Linux's epoll
 * @param curve what does the curve's operations
 */
record NativesCheck(String system, boolean epoll, String curve) implements Check {

  private static final String NAME = "natives";

  static NativesCheck ofThisProcess() {
    return new NativesCheck(
        System.getProperty("os.name", "unknown"),
        Epoll.isAvailable(),
        Secp256k1.preferred().name());
  }

  @Override
  public Finding run() {
    boolean linux = system.toLowerCase(Locale.ROOT).startsWith("linux");
    String found =
        "sockets by %s, the curve by %s".formatted(epoll ? "epoll" : "Java alone", curve);
    if (linux && !epoll) {
      return Finding.advice(
          NAME,
          found,
          "epoll's library did not load, often because /tmp is mounted noexec: set"
              + " FLUXWIRE_JAVA_OPTS=-Dio.netty.native.workdir=DIR with a folder from which code"
              + " may run");
    }
    return curve.contains("libsecp256k1")
        ? Finding.ok(NAME, found)
        : Finding.advice(
            NAME,
            found,
            "the curve's part of a handshake takes three times as long without libsecp256k1, which"
                + " is here for Linux on x86-64 and ARM64. If this is one of these, set"
                + " FLUXWIRE_JAVA_OPTS=-Djava.io.tmpdir=DIR with a folder from which code may run");
  }
}
