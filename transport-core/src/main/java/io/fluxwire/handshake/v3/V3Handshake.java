package io.fluxwire.handshake.v3;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.EphemeralKeys;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.record.WireLog;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.transport.ByteDuplex;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import reactor.core.scheduler.Scheduler;

/**
 * The handshake of version 3, and of the upgrades that begin with it (protocol.md section 9).
 * Immutable: each setter returns a copy.
 */
public final class V3Handshake implements Handshake {

  /** What can be set. Not changed any more once a handshake has it. */
  private static final class Config {

    final NodeIdentity nodeKey;
    final EphemeralKeys keys;
    final Scheduler curveScheduler;
    @Nullable NodeId expected;
    UpgradePolicy upgrade = UpgradePolicy.off();
    long features;
    RecordSuite records = Frames.SUITE;

    Config(NodeIdentity nodeKey, EphemeralKeys keys, Scheduler curveScheduler) {
      this.nodeKey = Objects.requireNonNull(nodeKey, "nodeKey");
      this.keys = Objects.requireNonNull(keys, "keys");
      this.curveScheduler = Objects.requireNonNull(curveScheduler, "curveScheduler");
    }

    Config(Config other) {
      this(other.nodeKey, other.keys, other.curveScheduler);
      expected = other.expected;
      upgrade = other.upgrade;
      features = other.features;
      records = other.records;
    }
  }

  private final Config config;

  private V3Handshake(Config config) {
    this.config = config;
  }

  private V3Handshake with(Consumer<Config> change) {
    Config changed = new Config(config);
    change.accept(changed);
    return new V3Handshake(changed);
  }

  /**
   * A handshake for any number of connections: with anyone who proves an id, and without upgrades.
   *
   * @param nodeKey this node's key, or what signs with it
   * @param keys gives the keys of one session each
   * @param curveScheduler where curve operations run, and those of ML-KEM
   * @return the handshake
   */
  public static V3Handshake of(NodeIdentity nodeKey, EphemeralKeys keys, Scheduler curveScheduler) {
    return new V3Handshake(new Config(nodeKey, keys, curveScheduler));
  }

  /**
   * Pins the peer.
   *
   * @param peer who the peer has to be; null, the default, for anyone who proves an id
   * @return a copy
   */
  public V3Handshake expected(@Nullable NodeId peer) {
    return with(c -> c.expected = peer);
  }

  /**
   * Sets whether and how sessions are upgraded.
   *
   * @param policy the default is {@link UpgradePolicy#off()}
   * @return a copy
   */
  public V3Handshake upgrade(UpgradePolicy policy) {
    Objects.requireNonNull(policy, "policy");
    return with(c -> c.upgrade = policy);
  }

  /**
   * Sets which features an upgraded session may have: what this side offers when it was dialled,
   * and what it chooses, if it is offered, when it dialled.
   *
   * @param bits none, the default, or {@link SessionParameters#CHANNEL}
   * @return a copy
   * @throws IllegalArgumentException for bits that this version does not know
   */
  public V3Handshake features(long bits) {
    SessionParameters.requireKnown(bits);
    return with(c -> c.features = bits);
  }

  /**
   * Sets what the records look like, from the first one on and up to an upgrade.
   *
   * @param suite the default is {@link Frames#SUITE}
   * @return a copy
   */
  public V3Handshake records(RecordSuite suite) {
    Objects.requireNonNull(suite, "suite");
    return with(c -> c.records = suite);
  }

  @Override
  public Run over(
      ByteDuplex duplex, Role role, ReadLimits limits, Consumer<HandshakeStage> stages) {
    return new V3Run(this, duplex, role, limits, stages);
  }

  @Override
  public WireLog wireLog(Logger log, String connection) {
    return config.records.wireLog(log, connection, SessionKeyPair.PUBLIC_KEY_SIZE);
  }

  NodeIdentity nodeKey() {
    return config.nodeKey;
  }

  @Nullable NodeId expected() {
    return config.expected;
  }

  EphemeralKeys keys() {
    return config.keys;
  }

  Scheduler curveScheduler() {
    return config.curveScheduler;
  }

  UpgradePolicy upgrade() {
    return config.upgrade;
  }

  long features() {
    return config.features;
  }

  RecordSuite records() {
    return config.records;
  }
}
