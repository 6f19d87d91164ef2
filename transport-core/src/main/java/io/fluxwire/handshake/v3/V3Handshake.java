package io.fluxwire.handshake.v3;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeyPairs;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSuite;
import io.fluxwire.record.WireLog;
import io.fluxwire.transport.ByteDuplex;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import reactor.core.scheduler.Scheduler;

/** The handshake of version 3. Immutable. */
public final class V3Handshake implements Handshake {

  private final NodeIdentity nodeKey;
  private final @Nullable NodeId expected;
  private final SessionKeyPairs keyPairs;
  private final Scheduler curveScheduler;
  private final RecordSuite records;

  /**
   * A handshake for any number of connections.
   *
   * @param nodeKey this node's key, or what signs with it
   * @param expected who the peer has to be; null for anyone who proves an id
   * @param keyPairs this side's session key pairs
   * @param curveScheduler where curve operations run
   * @param records what the records look like, from the first one on
   */
  public V3Handshake(
      NodeIdentity nodeKey,
      @Nullable NodeId expected,
      SessionKeyPairs keyPairs,
      Scheduler curveScheduler,
      RecordSuite records) {
    this.nodeKey = nodeKey;
    this.expected = expected;
    this.keyPairs = keyPairs;
    this.curveScheduler = curveScheduler;
    this.records = records;
  }

  @Override
  public Run over(
      ByteDuplex duplex, Role role, ReadLimits limits, Consumer<HandshakeStage> stages) {
    return new V3Run(this, duplex, role, limits, stages);
  }

  @Override
  public WireLog wireLog(Logger log, String connection) {
    return records.wireLog(log, connection, SessionKeyPair.PUBLIC_KEY_SIZE);
  }

  NodeIdentity nodeKey() {
    return nodeKey;
  }

  @Nullable NodeId expected() {
    return expected;
  }

  SessionKeyPairs keyPairs() {
    return keyPairs;
  }

  Scheduler curveScheduler() {
    return curveScheduler;
  }

  RecordSuite records() {
    return records;
  }
}
