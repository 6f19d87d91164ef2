package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.observe.dial.AddressFamily;
import io.fluxwire.observe.dial.DialStage;
import io.fluxwire.observe.dial.Outcome;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every meter that Fluxwire records. Meters are made from these values and the manual's table is
 * generated from them, so neither can differ. Tags have the few values of an enum: no meter names a
 * peer or an address.
 */
public enum FluxwireMeters implements MeterDocumentation {
  /** Authenticated connections that are up. */
  CONNECTIONS_ACTIVE(
      "fluxwire.connections.active",
      Meter.Type.GAUGE,
      "Authenticated connections that are up, and what they negotiated",
      Tag.SIDE,
      Tag.PROTOCOL,
      Tag.AEAD,
      Tag.POST_QUANTUM),

  /** Connections that authenticated. */
  CONNECTIONS_OPENED(
      "fluxwire.connections.opened",
      Meter.Type.COUNTER,
      "Connections that were authenticated, and what they negotiated",
      Tag.SIDE,
      Tag.PROTOCOL,
      Tag.AEAD,
      Tag.POST_QUANTUM),

  /** Ends of authenticated connections. */
  CONNECTIONS_CLOSED(
      "fluxwire.connections.closed",
      Meter.Type.COUNTER,
      "Authenticated connections that ended, and why",
      Tag.SIDE,
      Tag.REASON),

  /** Stages of handshakes. */
  HANDSHAKE_TIME(
      "fluxwire.handshake.time",
      Meter.Type.TIMER,
      "How long each stage of a handshake took; `reason` is `none` unless it failed. `exchange` of a"
          + " dialer lasts until the acceptor's proof is here, 100 ms at most beyond its key",
      Tag.SIDE,
      Tag.HANDSHAKE_STAGE,
      Tag.OUTCOME,
      Tag.REASON),

  /** Handshakes under way. */
  HANDSHAKES_PENDING(
      "fluxwire.handshakes.pending", Meter.Type.GAUGE, "Handshakes that are under way"),

  /** Inbound handshakes in vain. */
  HANDSHAKES_REFUSED(
      "fluxwire.handshakes.refused",
      Meter.Type.COUNTER,
      "Inbound connections that were refused at accept or in the handshake, and why",
      Tag.REASON),

  /** Nodes that proved their id and were not let in. */
  AUTHORIZER_REFUSALS(
      "fluxwire.authorizer.refusals",
      Meter.Type.COUNTER,
      "Peers that proved who they are and that the authorizer did not let in"),

  /** Broken rules. */
  FAILURES(
      "fluxwire.failures",
      Meter.Type.COUNTER,
      "Connections and handshakes that ended because the peer, or someone on the way, broke a rule:"
          + " wrong HMACs, framing, packets, proofs",
      Tag.REASON),

  /** Bytes. */
  BYTES(
      "fluxwire.bytes",
      Meter.Type.COUNTER,
      "Bytes read from and handed to the socket (`wire`), and the bytes of the application's packets"
          + " in them (`payload`)",
      Tag.FLOW,
      Tag.LAYER),

  /** Packets. */
  PACKETS("fluxwire.packets", Meter.Type.COUNTER, "The application's packets", Tag.FLOW),

  /** Sizes of packets. */
  PACKET_SIZE(
      "fluxwire.packet.size",
      Meter.Type.DISTRIBUTION_SUMMARY,
      "The payload's size of every 16th packet of a connection",
      Tag.FLOW),

  /** Packets that no codec knows. */
  PACKETS_UNKNOWN(
      "fluxwire.packets.unknown",
      Meter.Type.COUNTER,
      "Packets that came and were dropped, since this side's codec knows no field of them"),

  /** Requests over packets. */
  REQUEST_TIME(
      "fluxwire.request.time",
      Meter.Type.TIMER,
      "How long this side's requests took, their waiting to be sent included; `reason` is `none`"
          + " unless they failed",
      Tag.OUTCOME,
      Tag.REASON),

  /** Bytes on their way to the socket. */
  WRITE_QUEUE(
      "fluxwire.write.queue",
      Meter.Type.GAUGE,
      "Bytes that were handed to the transport and that the socket has not taken"),

  /** The budget over inbound connections. */
  BYTES_HELD(
      "fluxwire.bytes.held",
      Meter.Type.GAUGE,
      "Bytes that inbound connections hold of their servers' budgets: large frames that are"
          + " arriving, and what was written and the socket has not taken"),

  /** Full write windows. */
  WRITE_STALLS(
      "fluxwire.write.stalls",
      Meter.Type.COUNTER,
      "Times that a connection's sends had to wait for the socket: 256 KiB were on their way"),

  /** Reads that waited for the application. */
  DEMAND_WAITS(
      "fluxwire.demand.waits",
      Meter.Type.COUNTER,
      "Times that a connection was not read because the application asked for no packet"),

  /** How long peers take to answer. */
  ROUND_TRIP(
      "fluxwire.round.trip",
      Meter.Type.TIMER,
      "From a ping on an upgraded connection to its answer: keep-alive's and the application's"),

  /** Attempts at addresses. */
  DIAL_ATTEMPTS(
      "fluxwire.dial.attempts",
      Meter.Type.COUNTER,
      "Attempts at one address, when they end; `cancelled` are those that lost a race",
      Tag.OUTCOME,
      Tag.FAMILY),

  /** Where dialing spends its time. */
  DIAL_TIME(
      "fluxwire.dial.time",
      Meter.Type.TIMER,
      "How long each stage of a dial took, for each source of addresses (`resolve`) or address;"
          + " the family of `resolve` is `other`",
      Tag.DIAL_STAGE,
      Tag.OUTCOME,
      Tag.FAMILY),

  /** Winners of races. */
  DIAL_RACE_WON(
      "fluxwire.dial.race.won",
      Meter.Type.COUNTER,
      "Rounds of dialing that made a connection, by the family of the address that won",
      Tag.FAMILY),

  /** Publishers in backoff. */
  RECONNECT_WAITING(
      "fluxwire.reconnect.waiting",
      Meter.Type.GAUGE,
      "Connection publishers that wait before they dial again"),

  /** Time without a connection. */
  RECONNECT_TIME(
      "fluxwire.reconnect.time",
      Meter.Type.TIMER,
      "From the end of a publisher's connection to its next connection"),

  /** Channels that are open. */
  CHANNELS_OPEN(
      "fluxwire.channels.open",
      Meter.Type.GAUGE,
      "Channels that are open, connected or not",
      Tag.ROLE),

  /** Channels over which packets go. */
  CHANNELS_CONNECTED(
      "fluxwire.channels.connected",
      Meter.Type.GAUGE,
      "Channels that have a connection over which both sides agreed",
      Tag.ROLE),

  /** Ends of channels. */
  CHANNELS_ENDED(
      "fluxwire.channels.ended",
      Meter.Type.COUNTER,
      "Channels that ended, and why; `closed_locally` is in good order",
      Tag.ROLE,
      Tag.REASON),

  /** Later connections of channels. */
  CHANNEL_RECONNECTS(
      "fluxwire.channel.reconnects",
      Meter.Type.COUNTER,
      "Connections over which a channel went on, not counting its first since it was opened",
      Tag.ROLE),

  /** Connections that a later one ended. */
  CHANNEL_TAKEOVERS(
      "fluxwire.channel.takeovers",
      Meter.Type.COUNTER,
      "Times that a later connection took a channel over from one that was still up",
      Tag.ROLE),

  /** Packets into the store. */
  CHANNEL_STORED(
      "fluxwire.channel.packets.stored",
      Meter.Type.COUNTER,
      "Packets to send that a channel's store has taken",
      Tag.ROLE),

  /** Packets that the peer has. */
  CHANNEL_ACKNOWLEDGED(
      "fluxwire.channel.packets.acknowledged",
      Meter.Type.COUNTER,
      "Packets that the peer has taken, and that the store has let go",
      Tag.ROLE),

  /** Packets to the application. */
  CHANNEL_DELIVERED(
      "fluxwire.channel.packets.delivered",
      Meter.Type.COUNTER,
      "Packets that the application was given, each time that it was given one",
      Tag.ROLE),

  /** Packets that were sent before. */
  CHANNEL_RESENT(
      "fluxwire.channel.packets.resent",
      Meter.Type.COUNTER,
      "Packets that were sent again: over a later connection, where the channel was not opened"
          + " anew between",
      Tag.ROLE),

  /** Packets that the peer may not have. */
  CHANNEL_PACKETS_KEPT(
      "fluxwire.channel.packets.kept",
      Meter.Type.GAUGE,
      "Packets that open channels' stores keep, since the peer has not acknowledged them",
      Tag.ROLE),

  /** Their payloads. */
  CHANNEL_BYTES_KEPT(
      "fluxwire.channel.bytes.kept", Meter.Type.GAUGE, "The payloads of these packets", Tag.ROLE),

  /** How long a peer has not taken a packet. */
  CHANNEL_OLDEST(
      "fluxwire.channel.oldest.age",
      Meter.Type.GAUGE,
      "For how long the oldest of these packets has been stored, or its channel open if that is"
          + " shorter; 0 without any",
      Tag.ROLE),

  /** How fast the store is. */
  CHANNEL_STORE_TIME(
      "fluxwire.channel.store.time",
      Meter.Type.TIMER,
      "How long a write to a channel's store took; those that failed are not counted",
      Tag.ROLE),

  /** Stores without room. */
  CHANNEL_STORE_FULL(
      "fluxwire.channel.store.full",
      Meter.Type.COUNTER,
      "Writes to a channel's store for which it had no room; tried again every second",
      Tag.ROLE);

  /** What the meters' tags are called, and the values that they can have. */
  public enum Tag implements KeyName {
    /** Who dialled. */
    SIDE("direction", Direction.values()),
    /** Which way data goes. */
    FLOW("flow", Flow.values()),
    /** What is counted of it. */
    LAYER("layer", Layer.values()),
    /** A stage of a handshake. */
    HANDSHAKE_STAGE("stage", HandshakeStage.values()),
    /** A stage of a dial. */
    DIAL_STAGE("stage", DialStage.values()),
    /** How it ended. */
    OUTCOME("outcome", Outcome.values()),
    /** Why it ended: a {@link Reason} in lower case, or {@code none}. */
    REASON("reason", Reason.values()),
    /** The family of an address. */
    FAMILY("family", AddressFamily.values()),
    /** What a session speaks. */
    PROTOCOL("protocol", SessionParameters.Protocol.values()),
    /** The cipher of an upgraded session; {@code none} for one of version 3. */
    AEAD("aead", Values.orNone(Aead.values())),
    /** Whether a session's keys also come from an ML-KEM-768 secret. */
    POST_QUANTUM("post.quantum", PostQuantum.values()),
    /** Which side of a channel this one is. */
    ROLE("role", Role.values());

    private final String key;

    @SuppressWarnings("ImmutableEnumChecker") // Values makes one that is
    private final List<String> allowed;

    Tag(String key, Enum<?>[] values) {
      this(key, Values.ofAll(values));
    }

    Tag(String key, List<String> allowed) {
      this.key = key;
      this.allowed = allowed;
    }

    @Override
    public String asString() {
      return key;
    }

    /**
     * The values that it can have.
     *
     * @return in lower case
     */
    public List<String> allowed() {
      return allowed;
    }
  }

  /** Which way data goes. */
  enum Flow {
    IN,
    OUT
  }

  /** Which side of a channel. */
  enum Role {
    DIALER,
    ACCEPTOR;

    static Role of(boolean dials) {
      return dials ? DIALER : ACCEPTOR;
    }
  }

  /** What is counted of it. */
  enum Layer {
    PAYLOAD,
    WIRE
  }

  /** Whether a session is post-quantum. */
  enum PostQuantum {
    FALSE,
    TRUE;

    static PostQuantum of(SessionParameters session) {
      return session.isPostQuantum() ? TRUE : FALSE;
    }
  }

  private final String meterName;
  private final Meter.Type type;
  private final String description;

  @SuppressWarnings("ImmutableEnumChecker") // List.of makes one that is
  private final List<Tag> tags;

  FluxwireMeters(String name, Meter.Type type, String description, Tag... tags) {
    this.meterName = name;
    this.type = type;
    this.description = description;
    this.tags = List.of(tags);
  }

  @Override
  public String getName() {
    return meterName;
  }

  @Override
  public Meter.Type getType() {
    return type;
  }

  /** {@inheritDoc} Null where things are counted; timers have their registry's. */
  @Override
  public @Nullable String getBaseUnit() {
    return switch (this) {
      case BYTES, BYTES_HELD, CHANNEL_BYTES_KEPT, PACKET_SIZE, WRITE_QUEUE -> "bytes";
      case CHANNEL_OLDEST -> "seconds";
      default -> null;
    };
  }

  @Override
  public Tag[] getKeyNames() {
    return tags.toArray(Tag[]::new);
  }

  /**
   * What it tells, for a person.
   *
   * @return a sentence without its full stop; Markdown
   */
  public String description() {
    return description;
  }

  /** The upper bounds of a timer's histogram. */
  Duration[] timeBuckets() {
    double[] millis =
        switch (this) {
          case RECONNECT_TIME ->
              new double[] {100, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000};
          case ROUND_TRIP, CHANNEL_STORE_TIME ->
              new double[] {0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000};
          default -> new double[] {1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000};
        };
    return Arrays.stream(millis)
        .mapToObj(bound -> Duration.ofNanos(Math.round(bound * 1e6)))
        .toArray(Duration[]::new);
  }

  /** The upper bounds of a summary's histogram. */
  double[] sizeBuckets() {
    return new double[] {64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576};
  }
}
