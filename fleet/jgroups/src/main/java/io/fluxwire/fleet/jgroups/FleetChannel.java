package io.fluxwire.fleet.jgroups;

import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.fleet.engine.FleetEngineException.Kind;
import io.fluxwire.fleet.engine.InstanceId;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.JChannel;
import org.jgroups.Receiver;
import org.jgroups.View;
import org.jspecify.annotations.Nullable;

/** JGroups' channel of one member, from its connecting to its closing. Thread-safe. */
final class FleetChannel {

  private final EngineConfig config;
  private final InstanceId self;
  private final TlsSockets sockets;

  /** Null until it connects; what is closed stays. */
  private volatile @Nullable JChannel channel;

  FleetChannel(EngineConfig config, InstanceId self, TlsSockets sockets) {
    this.config = config;
    this.self = self;
    this.sockets = sockets;
  }

  /**
   * Blocks until the fleet is found, or this member is its first one.
   *
   * @param receiver is told who the others are, and what they send
   * @throws Exception when it cannot listen, or is closed meanwhile
   */
  void connect(Receiver receiver) throws Exception {
    JChannel made = Stack.channel(config, sockets).setName(self.toString());
    made.setReceiver(receiver).setDiscardOwnMessages(true);
    channel = made;
    made.connect(config.fleet());
  }

  /** Whoever has another key must not take itself for the first of its fleet. */
  void checkKey() {
    Object stranger = sockets.refusals().otherKey();
    JChannel made = channel;
    View view = made == null ? null : made.getView();
    if (stranger != null && view != null && view.size() == 1) {
      throw new FleetEngineException(
          Kind.REFUSED,
          "%s, where instances of the fleet are looked for, has another key, and no instance has"
                  .formatted(stranger)
              + " this one; give all instances the same key",
          null);
    }
  }

  /** This member's address; null while there is none. */
  @Nullable Address address() {
    JChannel made = channel;
    return made == null ? null : made.getAddress();
  }

  /**
   * Sends to one member. Blocks while that takes nothing.
   *
   * @throws Exception when it is closed
   */
  void send(Address member, byte[] frame) throws Exception {
    JChannel made = channel;
    if (made == null) {
      throw new IllegalStateException("there is no channel");
    }
    made.send(new BytesMessage(member, frame));
  }

  /** Does nothing when it has not begun to connect. */
  void close() {
    JChannel made = channel;
    if (made != null) {
      made.close();
    }
  }

  /** For tests, which do to it what happens to a network or a process. */
  @Nullable JChannel jgroups() {
    return channel;
  }
}
