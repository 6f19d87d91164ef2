package io.fluxwire.spring;

import io.fluxwire.NodeId;
import io.fluxwire.dial.ConnectionSource;
import io.fluxwire.group.PeerGroup;
import java.util.Map;
import org.springframework.context.SmartLifecycle;

/**
 * Has the clients be members of the group while the application runs. They are dialled once the
 * server listens, and no longer when it stops, or the group would dial whom the server disconnects.
 */
final class GroupMembers<P> implements SmartLifecycle {

  private final PeerGroup<P> group;
  private final Map<NodeId, ? extends ConnectionSource<P>> members;
  private volatile boolean running;

  GroupMembers(PeerGroup<P> group, Map<NodeId, ? extends ConnectionSource<P>> members) {
    this.group = group;
    this.members = Map.copyOf(members);
  }

  @Override
  public void start() {
    if (!running) {
      members.forEach(group::add);
      running = true;
    }
  }

  @Override
  public void stop() {
    if (running) {
      running = false;
      members.keySet().forEach(group::remove);
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return FluxwireServer.PHASE + 1;
  }
}
