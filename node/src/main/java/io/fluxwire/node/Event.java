package io.fluxwire.node;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.protobuf.ByteString;
import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.Undelivered;
import io.fluxwire.fleet.FleetSnapshot;
import io.fluxwire.internal.AddressText;
import io.fluxwire.lightning.LightningPeer;
import io.fluxwire.netty.ShutdownReport;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * What a command tells of: a line for a person, or one of JSON for a program. The names of these
 * records and of what they hold are the names in JSON, which docs/command-line.md promises.
 */
sealed interface Event {

  /** The line for a person. */
  String forPerson();

  /** The value of {@code event} in JSON. */
  default String name() {
    String type = getClass().getSimpleName();
    return type.substring(0, 1).toLowerCase(Locale.ROOT) + type.substring(1);
  }

  /** The one who dialled may be the one who refused. */
  private static boolean isByDialer(String reason) {
    return reason.equals(Reason.PEER_ERROR.name());
  }

  /** Peers can connect now. */
  record Listening(String address, String id) implements Event {
    static Listening of(SocketAddress address, NodeId id) {
      return new Listening(AddressText.of(address), id.toString());
    }

    @Override
    public String forPerson() {
      return "listening %s id %s".formatted(address, id);
    }
  }

  /** The live page can be opened now. */
  record Page(String url) implements Event {
    @Override
    public String forPerson() {
      return "page " + url;
    }
  }

  /** Which side dialled. */
  enum Direction {
    @JsonProperty("inbound")
    INBOUND,
    @JsonProperty("outbound")
    OUTBOUND
  }

  /** A peer has proven its id. */
  record Connected(
      Direction direction,
      String peer,
      String address,
      String protocol,
      @Nullable String cipher,
      boolean postQuantum)
      implements Event {
    static Connected of(Direction direction, PeerConnection<?> peer) {
      SessionParameters session = peer.session();
      return new Connected(
          direction,
          peer.remoteId().toString(),
          AddressText.of(peer.remoteAddress()),
          session.protocol().toString(),
          session.aead() == null ? null : String.valueOf(session.aead()),
          session.isPostQuantum());
    }

    @Override
    public String forPerson() {
      String form =
          direction == Direction.INBOUND
              ? "peer %s connected from %s%s"
              : "connected to %s at %s%s";
      return form.formatted(peer, address, negotiated());
    }

    /**
     * As " (upgraded, AES-128-GCM, post-quantum)": behind all else, so that what reads the lines by
     * their words finds them where they are for a session of version 3, of which nothing is said.
     */
    private String negotiated() {
      return cipher == null
          ? ""
          : " (%s, %s%s)".formatted(protocol, cipher, postQuantum ? ", post-quantum" : "");
    }
  }

  /** A peer's connection has ended. */
  record Disconnected(Direction direction, String peer, String reason, String message)
      implements Event {
    static Disconnected of(Direction direction, NodeId peer, CloseReason reason) {
      return new Disconnected(
          direction, peer.toString(), reason.reason().name(), reason.toString());
    }

    @Override
    public String forPerson() {
      return direction == Direction.INBOUND
          ? "peer %s gone: %s".formatted(peer, message)
          : "connection " + message;
    }
  }

  /** A peer said hello, for the first time on its connection. */
  record Hello(String peer) implements Event {
    @Override
    public String forPerson() {
      return "hello from " + peer;
    }
  }

  /**
   * A Lightning node has said what it can do.
   *
   * @param handshakeMillis how long its handshake took; null where nobody asked
   * @param features the lowest of them
   * @param moreFeatures how many there are besides; null if there are none
   * @param networks the first of them, by name where they have one
   * @param moreNetworks how many there are besides; null if there are none
   */
  record Init(
      String peer,
      String address,
      @Nullable Long handshakeMillis,
      List<Feature> features,
      @Nullable Integer moreFeatures,
      List<String> networks,
      @Nullable Integer moreNetworks)
      implements Event {

    /** More than there are, by far; a peer could say thousands of either. */
    private static final int SHOWN = 64;

    static Init of(LightningPeer peer, @Nullable Duration handshake) {
      List<Integer> bits = peer.features().stream().boxed().toList();
      List<String> networks = peer.networks();
      return new Init(
          peer.remoteId().toString(),
          AddressText.of(peer.remoteAddress()),
          handshake == null ? null : handshake.toMillis(),
          bits.stream().limit(SHOWN).map(Feature::of).toList(),
          beyond(bits),
          networks.stream().limit(SHOWN).map(LightningNames::network).toList(),
          beyond(networks));
    }

    private static @Nullable Integer beyond(List<?> all) {
      return all.size() > SHOWN ? all.size() - SHOWN : null;
    }

    @Override
    public String forPerson() {
      List<String> bits = features.stream().map(feature -> "" + feature.bit()).toList();
      return "hello from %s: features %s; %s"
          .formatted(peer, some(bits, moreFeatures), networksForPerson());
    }

    /** All of it, in a line for each feature, for whoever asked. */
    List<String> linesForPerson() {
      List<String> lines = new ArrayList<>();
      String took =
          handshakeMillis == null ? "" : ", handshake in %,d ms".formatted(handshakeMillis);
      lines.add("hello from %s at %s%s".formatted(peer, address, took));
      features.forEach(feature -> lines.add(feature.forPerson()));
      if (features.isEmpty() || moreFeatures != null) {
        lines.add("features: " + some(List.of(), moreFeatures));
      }
      lines.add(networksForPerson());
      return lines;
    }

    private String networksForPerson() {
      return "networks: " + some(networks, moreNetworks);
    }

    private static String some(List<String> shown, @Nullable Integer more) {
      if (more == null) {
        return shown.isEmpty() ? "none" : String.join(", ", shown);
      }
      return "%s and %,d more".formatted(String.join(", ", shown), more).strip();
    }
  }

  /**
   * A feature of a Lightning node's, as BOLT 9 has it.
   *
   * @param name null where it is not known here
   * @param required whether the node insists on it
   */
  record Feature(int bit, @Nullable String name, boolean required) {
    static Feature of(int bit) {
      return new Feature(bit, LightningNames.feature(bit), bit % 2 == 0);
    }

    private String forPerson() {
      return "feature %d%s, %s"
          .formatted(bit, name == null ? "" : " " + name, required ? "required" : "optional");
    }
  }

  /** How often a peer said hello again, at the end of its connection. */
  record MoreHellos(String peer, long count) implements Event {
    @Override
    public String forPerson() {
      return "hello from %s: %,d more of them".formatted(peer, count);
    }
  }

  /** The first connection that is refused for its reason. */
  record Refused(String address, String reason, String message) implements Event {
    static Refused of(SocketAddress address, PeerException failure) {
      return new Refused(
          AddressText.of(address), failure.reason().name(), Failures.describeRefusal(failure));
    }

    @Override
    public String forPerson() {
      return (isByDialer(reason) ? "%s refused this node: %s" : "refused %s: %s")
          .formatted(address, message);
    }
  }

  /** How many more were refused for a reason since it was told, and the last of them. */
  record MoreRefused(long count, String address, String reason, String message) implements Event {
    static MoreRefused of(long count, Refused latest) {
      return new MoreRefused(count, latest.address(), latest.reason(), latest.message());
    }

    @Override
    public String forPerson() {
      return (isByDialer(reason)
              ? "%,d more refused this node, the last one %s: %s"
              : "refused %,d more for this reason, the last one %s: %s")
          .formatted(count, address, message);
    }
  }

  /** A dial failed for a reason that can pass, and is made again. */
  record Redialing(String reason, String message) implements Event {
    static Redialing after(PeerException failure) {
      return new Redialing(failure.reason().name(), Failures.describe(failure));
    }

    @Override
    public String forPerson() {
      return message + "; dialling again until it is connected (-v tells how)";
    }
  }

  /** A line that the peer sent: as text, or in Base64 where it is no UTF-8. */
  record Line(@Nullable String text, @Nullable String base64) implements Event {
    static Line of(ByteString line) {
      return line.isValidUtf8()
          ? new Line(line.toStringUtf8(), null)
          : new Line(null, Base64.getEncoder().encodeToString(line.toByteArray()));
    }

    @Override
    public String forPerson() {
      return String.valueOf(text);
    }
  }

  /** What had not gone out at the end, and of how many peers. */
  record NotDelivered(Direction direction, long packets, long bytes, int peers, int ofPeers)
      implements Event {
    static NotDelivered of(Undelivered left) {
      return new NotDelivered(Direction.OUTBOUND, left.packets(), left.bytes(), 1, 1);
    }

    static NotDelivered of(ShutdownReport report) {
      return new NotDelivered(
          Direction.INBOUND,
          report.undelivered().packets(),
          report.undelivered().bytes(),
          report.aborted(),
          report.aborted() + report.drained());
    }

    @Override
    public String forPerson() {
      String what = "not delivered: " + new Undelivered(packets, bytes);
      return direction == Direction.INBOUND
          ? "%s, to %,d of %,d peers".formatted(what, peers, ofPeers)
          : what;
    }
  }

  /** This instance is a member of its fleet. */
  record Joined(String instance, int instances) implements Event {
    static Joined of(FleetSnapshot fleet) {
      return new Joined(fleet.self().toString(), fleet.members().size());
    }

    @Override
    public String forPerson() {
      return "joined a fleet of %,d as %s".formatted(instances, instance);
    }
  }

  /** An instance of a fleet, and how many peers are connected to it. */
  record Instance(String instance, long peers) implements Event {
    @Override
    public String forPerson() {
      return "instance %s: peers %,d".formatted(instance, peers);
    }
  }

  /** All instances of a fleet. */
  record Fleet(int instances, long peers) implements Event {
    @Override
    public String forPerson() {
      return "instances %,d, peers %,d".formatted(instances, peers);
    }
  }

  /** Which instance a peer is connected to. */
  record PeerAt(String peer, String instance) implements Event {
    @Override
    public String forPerson() {
      return "peer %s is at %s".formatted(peer, instance);
    }
  }

  /**
   * A peer has come to a fleet, moved within it, or gone.
   *
   * @param from the instance that had it; null where none had
   * @param to the instance that has it now; null where none has
   */
  record PeerChange(String peer, @Nullable String from, @Nullable String to) implements Event {
    @Override
    public String forPerson() {
      if (from == null) {
        return "peer %s came to %s".formatted(peer, to);
      }
      return to == null
          ? "peer %s gone from %s".formatted(peer, from)
          : "peer %s moved from %s to %s".formatted(peer, from, to);
    }
  }

  /** How many lines so far nobody read in time. */
  record LeftOut(long count) implements Event {
    @Override
    public String forPerson() {
      return "(%,d lines left out so far: nobody read them in time)".formatted(count);
    }
  }

  /** What the doctor found by one check. */
  record Found(String check, Finding.Verdict verdict, String found, @Nullable String advice)
      implements Event {
    static Found of(Finding finding) {
      return new Found(finding.check(), finding.verdict(), finding.found(), finding.advice());
    }

    @Override
    public String forPerson() {
      String line = "%-8s %-8s %s".formatted(verdict.name().toLowerCase(Locale.ROOT), check, found);
      return advice == null ? line : line + ". What to do: " + advice;
    }
  }

  /** The command has failed. */
  record Failed(@Nullable String reason, String message) implements Event {
    static Failed of(Throwable failure) {
      Throwable cause = Exceptions.unwrap(failure);
      return new Failed(
          cause instanceof PeerException peer ? peer.reason().name() : null,
          Failures.describeWithAdvice(cause));
    }

    @Override
    public String forPerson() {
      return message;
    }
  }
}
