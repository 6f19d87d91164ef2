package io.fluxwire.spring;

import io.fluxwire.NodeId;
import io.fluxwire.access.BanList;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** The actuator's view of a node: its peers, how connections ended, its dials, and its bans. */
@Endpoint(id = "fluxwire")
final class FluxwireEndpoint {

  private final FluxwireHealth health;
  private final FluxwireSessions sessions;
  private final @Nullable BanList bans;

  FluxwireEndpoint(FluxwireHealth health, FluxwireSessions sessions, @Nullable BanList bans) {
    this.health = health;
    this.sessions = sessions;
    this.bans = bans;
  }

  /**
   * A node.
   *
   * @param parts its servers, links, groups and channels, and how they are doing
   * @param peers its connections, the oldest first
   * @param ends how connections and handshakes ended, the latest first, 64 of them
   * @param dials what happened to its dials, the latest first, 64 of it
   * @param bans who is kept out, and until when
   */
  record Node(
      Map<String, FluxwireHealth.State> parts,
      List<FluxwireSessions.Peer> peers,
      List<FluxwireSessions.End> ends,
      List<FluxwireSessions.DialNote> dials,
      List<Ban> bans) {}

  /**
   * A ban.
   *
   * @param target a node id or a network
   * @param until when it ends
   */
  record Ban(String target, Instant until) {}

  /**
   * What became of a ban.
   *
   * @param ban its target
   * @param lifted whether there was one
   */
  record Lifted(String ban, boolean lifted) {}

  @ReadOperation
  public Node node() {
    Map<String, FluxwireHealth.State> parts = new TreeMap<>();
    health.parts().forEach((name, part) -> parts.put(name, part.get()));
    return new Node(parts, sessions.peers(), sessions.ends(), sessions.dials(), bans());
  }

  private List<Ban> bans() {
    return bans == null
        ? List.of()
        : bans.entries().stream().map(ban -> new Ban(ban.target(), ban.until())).toList();
  }

  /**
   * Lifts a ban.
   *
   * @param ban its target, a node id or a network, as the list has it
   * @return whether there was one
   */
  @DeleteOperation
  public Lifted lift(String ban) {
    if (bans == null) {
      return new Lifted(ban, false);
    }
    try {
      boolean network = ban.indexOf('.') >= 0 || ban.indexOf(':') >= 0;
      return new Lifted(ban, network ? bans.unban(ban) : bans.unban(NodeId.parse(ban)));
    } catch (IllegalArgumentException e) {
      throw new InvalidEndpointRequestException(
          String.valueOf(e.getMessage()), "no such target", e);
    }
  }
}
