package io.fluxwire.spring;

import io.fluxwire.NodeId;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.ConnectionHealth;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.netty.DisposablePeerServer;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How the servers, links, groups, fleets and channels of a context are doing, by the names of their
 * beans: what Boot's health endpoint shows as {@code fluxwire}, in a form that does not depend on
 * Boot's version.
 *
 * <ul>
 *   <li>A server is up while it listens.
 *   <li>A link is up while it has a connection. While it is down, {@code dialing} is {@code going
 *       on}, or {@code given up} when only a change and a restart can help.
 *   <li>A group is up while any of its peers is connected, or while it has no peers.
 *   <li>An instance of a fleet is up while it is a member. It serves its own peers without that.
 *   <li>A channel that is a bean is up while packets go over a connection.
 * </ul>
 *
 * <p>What is down has its {@code lastError}, if there was one; what is up does not.
 */
public final class FluxwireHealth {

  private final NodeBeans beans;

  FluxwireHealth(NodeBeans beans) {
    this.beans = beans;
  }

  /**
   * How one of them is doing.
   *
   * @param up whether it does its work, as the class says
   * @param details what else there is to know, by name: text, numbers, instants, and lists and maps
   *     of these
   */
  public record State(boolean up, Map<String, Object> details) {}

  /**
   * The servers, links, groups, fleets and channels of the context.
   *
   * @return by the name of each bean, a supplier of its state at the time of the call, which does
   *     not block
   */
  public Map<String, Supplier<State>> parts() {
    Map<String, Supplier<State>> parts = new TreeMap<>();
    beans.servers().forEach((name, server) -> parts.put(name, () -> state(server)));
    beans.links().forEach((name, link) -> parts.put(name, () -> state(link)));
    beans.groups().forEach((name, group) -> parts.put(name, () -> state(group)));
    beans.fleets().forEach((name, fleet) -> parts.put(name, fleet::state));
    beans.channels().forEach((name, channel) -> parts.put(name, () -> state(channel)));
    return parts;
  }

  private static State state(FluxwireServer server) {
    if (!server.isRunning()) {
      return new State(false, Map.of());
    }
    DisposablePeerServer running = server.server();
    return new State(
        !running.isDisposed(),
        Map.of(
            "node", running.id().toString(),
            "address", FluxwireSessions.address(running.address()),
            "peers", running.peerCount()));
  }

  private static State state(PeerLink<?> link) {
    ConnectionHealth health = link.health();
    Map<String, Object> details = new TreeMap<>();
    details.put("since", health.since());
    if (!health.up()) {
      details.put("dialing", link.isDisposed() ? "given up" : "going on");
      putError(health.lastError(), details);
    }
    return new State(health.up(), details);
  }

  private static void putError(@Nullable Throwable error, Map<String, Object> details) {
    if (error != null) {
      details.put("lastError", text(error));
    }
  }

  private static State state(PeerGroup<?> group) {
    Map<NodeId, ConnectionHealth> health = group.health();
    long connected = health.values().stream().filter(ConnectionHealth::up).count();
    Map<String, Object> missing = new TreeMap<>();
    health.forEach(
        (peer, one) -> {
          if (!one.up()) {
            missing.put(peer.toString(), one.since());
          }
        });
    return new State(
        !group.isDisposed() && (connected > 0 || health.isEmpty()),
        Map.of("connected", connected, "missingSince", missing));
  }

  private State state(PeerChannel<?> channel) {
    ChannelState stored = channel.stored();
    Map<String, Object> details = new TreeMap<>();
    details.put("stored", stored.next());
    details.put("notAcknowledged", stored.next() - stored.first());
    details.put("received", stored.received());
    boolean connected = channel.isConnected();
    if (!connected) {
      putError(beans.lastError(channel), details);
    }
    return new State(connected, details);
  }

  static String text(Throwable error) {
    return error.getClass().getSimpleName() + ": " + error.getMessage();
  }
}
