package io.fluxwire.spring;

import io.fluxwire.crypto.Aead;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.session.SessionTimeouts;

/** What servers and clients share, of properties. */
final class SessionSettings {

  private SessionSettings() {}

  static SessionTimeouts timeouts(
      String prefix, FluxwireProperties.Timeouts from, SessionTimeouts to) {
    return new Settings<>(prefix, to)
        .set("handshake", from.handshake(), SessionTimeouts::handshake)
        .set("authorizer", from.authorizer(), SessionTimeouts::authorizer)
        .set("drain", from.drain(), SessionTimeouts::drain)
        .set("idle", from.idle(), SessionTimeouts::idle)
        .set("write", from.write(), SessionTimeouts::write)
        .set("frame", from.frame(), SessionTimeouts::frame)
        .built();
  }

  static UpgradePolicy upgrade(FluxwireProperties.Upgrade from) {
    Settings<UpgradePolicy> policy =
        new Settings<>("fluxwire.upgrade.", UpgradePolicy.allowed())
            .set("mode", from.mode(), UpgradePolicy::mode)
            .set("post-quantum", from.postQuantum(), UpgradePolicy::postQuantum)
            .set("rotation", from.rotation(), UpgradePolicy::rotation);
    if (!from.ciphers().isEmpty()) {
      policy =
          policy.set(
              "ciphers", from.ciphers(), (to, best) -> to.ciphers(best.toArray(Aead[]::new)));
    }
    return keepAlive(from, policy).built();
  }

  /** Either value is tried with a good one for the other, so that the message names the bad one. */
  private static Settings<UpgradePolicy> keepAlive(
      FluxwireProperties.Upgrade from, Settings<UpgradePolicy> policy) {
    if (from.keepAliveInterval().isZero()) {
      return policy;
    }
    return policy
        .set(
            "keep-alive-interval",
            from.keepAliveInterval(),
            (to, interval) -> to.keepAlive(interval, UpgradePolicy.MIN_KEEP_ALIVE))
        .set(
            "keep-alive-timeout",
            from.keepAliveTimeout(),
            (to, timeout) -> to.keepAlive(from.keepAliveInterval(), timeout));
  }
}
