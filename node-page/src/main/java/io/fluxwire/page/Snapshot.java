package io.fluxwire.page;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.dial.ConnectionHealth;
import io.fluxwire.internal.FailureText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the page is told each second: the node as a whole. Peers, channels and endings are not in
 * it, since there may be thousands: whoever looks at them asks for the rows that fit the screen.
 * All times are milliseconds on the node's own clock, which starts with it.
 *
 * @param at the moment
 * @param node which node this is
 * @param resources what its process uses
 * @param status how it is
 * @param servers those that listen
 * @param link whether its network is stalled on purpose; null where it cannot be
 * @param peerCount how many peers are connected
 * @param channelCount how many channels are open
 * @param sessions how many of the peers have negotiated what, the most frequent first
 * @param bans how many are kept out; null where no list of bans is known
 * @param fleet the fleet that the node is an instance of; null where none is known
 * @param samples the latest seconds
 * @param reconnects dials that succeeded after a connection was lost
 * @param refused why connections did not get through the handshake
 * @param ended why connections ended
 * @param targets what this node dials, at most 50, those that are not connected first
 * @param dials the latest rounds of dialing, at most 5, the latest first
 */
record Snapshot(
    long at,
    Node node,
    Facts.Resources resources,
    Status status,
    List<Server> servers,
    @Nullable Link link,
    int peerCount,
    int channelCount,
    List<SessionCount> sessions,
    @Nullable Bans bans,
    @Nullable FleetShown fleet,
    List<History.Sample> samples,
    long reconnects,
    List<Tally> refused,
    List<Tally> ended,
    List<Target> targets,
    List<Round> dials) {

  /**
   * Which node this is.
   *
   * @param name what it is called, or what it runs
   * @param id its node id; null where the process runs two
   * @param metrics whether the page has a path for them
   * @param facts what it runs on
   */
  record Node(String name, @Nullable String id, boolean metrics, Facts facts) {}

  /** How a node is, in one word. */
  enum Mood {
    /** Peers are connected, and all that it dials is. */
    CONNECTED,
    /** Peers are connected, but something that it dials is not. */
    PARTLY_CONNECTED,
    /** Nobody is connected, and it dials. */
    DIALING,
    /** Nobody is connected, and it waits for peers to dial it. */
    LISTENING,
    /** Nobody is connected, and it neither listens nor dials. */
    IDLE
  }

  /**
   * How a node is.
   *
   * @param mood in one word
   * @param since since when nobody is connected, or the first of what it dials is not; when the
   *     node started, while nobody has been
   * @param targets how many names it dials
   * @param down how many of them are not connected
   */
  record Status(Mood mood, long since, int targets, int down) {}

  /**
   * A server that listens.
   *
   * @param address where
   * @param id its node id
   * @param name what this node calls it; null for nothing
   * @param connections its slots
   * @param reserved those that are kept for friends
   * @param handshakes handshakes that are under way
   * @param bytes what its connections hold
   */
  record Server(
      String address,
      String id,
      @Nullable String name,
      Limit connections,
      Limit reserved,
      Limit handshakes,
      Limit bytes) {}

  /**
   * How much of a limit is used.
   *
   * @param used how much
   * @param max the limit; null without one
   */
  record Limit(long used, @Nullable Long max) {}

  /**
   * How many peers have negotiated the same.
   *
   * @param session what
   * @param count how many
   */
  record SessionCount(Session session, int count) {}

  /**
   * Who is kept out.
   *
   * @param count how many nodes and networks
   * @param nextEnd in how many milliseconds the first of these bans ends; null without any
   */
  record Bans(int count, @Nullable Long nextEnd) {}

  /**
   * How often something happened for one reason.
   *
   * @param reason the machine-readable reason
   * @param count how often
   * @param at when it happened last
   * @param who whom it happened to last: a node id, or an address
   * @param text the reason for a person, of that time
   * @param fault whether something went wrong
   */
  record Tally(String reason, long count, long at, String who, String text, boolean fault) {}

  /**
   * A name that this node dials.
   *
   * @param name what is dialled
   * @param up whether it is connected
   * @param since since when that is so
   * @param dialing whether attempts are under way
   * @param nextAt when the next round of dialing begins; null where none waits
   * @param failures how many rounds failed in a row
   * @param lastError what went wrong last; null where nothing has
   */
  record Target(
      String name,
      boolean up,
      double since,
      boolean dialing,
      @Nullable Double nextAt,
      int failures,
      @Nullable String lastError) {}

  /** Who dialled. */
  enum Direction {
    /** The peer. */
    @JsonProperty("in")
    INBOUND,
    /** This node. */
    @JsonProperty("out")
    OUTBOUND;

    static Direction of(io.fluxwire.observe.Direction direction) {
      return direction == io.fluxwire.observe.Direction.INBOUND ? INBOUND : OUTBOUND;
    }
  }

  /**
   * The network that a demo can break.
   *
   * @param stalled whether it holds all bytes back
   */
  record Link(boolean stalled) {}

  /**
   * A peer that is connected.
   *
   * @param number counts the connections of this node, from 1
   * @param id its node id
   * @param name what this node calls it; null for nothing
   * @param address where it is
   * @param direction who dialled
   * @param since when it was connected
   * @param traffic what it has carried
   * @param session what it negotiated
   * @param roundTrip how long it took to answer last, in milliseconds; null where it was not asked,
   *     as a session of version 3 cannot be
   * @param rate what it carries a second; null until somebody has watched for a second
   * @param pressure what waits
   * @param lastError the fault that ended its connection before this one; null for none known
   */
  record Peer(
      long number,
      String id,
      @Nullable String name,
      String address,
      Direction direction,
      long since,
      Traffic.Counts traffic,
      Session session,
      @Nullable Double roundTrip,
      Traffic.@Nullable Counts rate,
      Traffic.Pressure pressure,
      @Nullable String lastError) {

    /** What a filter looks into. */
    String text() {
      return String.join(
          " ",
          id,
          name == null ? "" : name,
          address,
          session.text(),
          lastError == null ? "" : lastError);
    }
  }

  /**
   * A channel that is open, connected or not.
   *
   * @param number counts the channels that this node has opened, from 1
   * @param name its name
   * @param id the peer's node id
   * @param peerName what this node calls the peer; null for nothing
   * @param direction who dials
   * @param attached whether there is a connection over which both sides agreed
   * @param since since when that is so
   * @param stored how many packets to send its store has ever taken
   * @param unacknowledged how many of these it keeps, since the peer has not acknowledged them
   * @param bytes their payloads
   * @param oldest for how long the oldest of them is stored, or the channel open if that is
   *     shorter, in milliseconds; null where none is
   * @param received how many of the peer's packets the application has acknowledged
   * @param resent how many packets were sent again, since it is open
   * @param connections over how many connections it went, since it is open
   * @param takeovers how many of them were taken over by a later one while they were up
   */
  record Channel(
      long number,
      String name,
      String id,
      @Nullable String peerName,
      Direction direction,
      boolean attached,
      long since,
      long stored,
      long unacknowledged,
      long bytes,
      @Nullable Long oldest,
      long received,
      long resent,
      long connections,
      long takeovers) {

    /** What a filter looks into. */
    String text() {
      return String.join(
          " ", name, id, peerName == null ? "" : peerName, attached ? "attached" : "detached");
    }
  }

  /**
   * What a session negotiated.
   *
   * @param protocol {@code v3} or {@code upgraded}
   * @param cipher what seals an upgraded session's records; null for version 3
   * @param postQuantum whether its keys also come from an ML-KEM-768 secret
   */
  record Session(String protocol, @Nullable String cipher, boolean postQuantum) {

    static Session of(SessionParameters negotiated) {
      Aead cipher = negotiated.aead();
      return new Session(
          negotiated.protocol().toString(),
          cipher == null ? null : cipher.toString(),
          negotiated.isPostQuantum());
    }

    /** What a filter looks into. */
    String text() {
      return protocol + " " + cipher + (postQuantum ? " post-quantum" : "");
    }
  }

  /**
   * A connection that has ended, or was refused.
   *
   * @param at when
   * @param id whose; null where no identity was proven
   * @param name what this node calls it; null for nothing
   * @param address where the peer was
   * @param direction who dialled
   * @param lasted how long it was up; null where it never was
   * @param reason the machine-readable reason
   * @param text the reason for a person
   * @param fault whether something went wrong
   */
  record Ending(
      long at,
      @Nullable String id,
      @Nullable String name,
      String address,
      Direction direction,
      @Nullable Long lasted,
      String reason,
      String text,
      boolean fault) {

    /** What a filter looks into. */
    String words() {
      return String.join(
          " ", id == null ? "" : id, name == null ? "" : name, address, reason, text);
    }
  }

  /**
   * A round of dialing: all addresses of one name, until one has won or all have failed.
   *
   * @param name what is dialled
   * @param at when it began
   * @param end when it ended; null while it runs
   * @param outcome how
   * @param detail why it failed; null where it has not
   * @param attempts one for each address that was tried, in their order
   * @param lostAt when the connection that it won ended; null where it has not
   * @param lostReason why
   * @param nextAt when the next round begins; null where none waits
   */
  record Round(
      String name,
      double at,
      @Nullable Double end,
      Outcome outcome,
      @Nullable String detail,
      List<Attempt> attempts,
      @Nullable Double lostAt,
      @Nullable String lostReason,
      @Nullable Double nextAt) {}

  /**
   * An attempt at one address.
   *
   * @param address where to
   * @param at when it began
   * @param end when it ended; null while it runs
   * @param outcome how
   * @param detail why it failed; null where it has not
   */
  record Attempt(
      String address, double at, @Nullable Double end, Outcome outcome, @Nullable String detail) {}

  /** How a round or an attempt ends. */
  enum Outcome {
    /** It has not ended. */
    RUNNING,
    /** The peer has authenticated. */
    WON,
    /** It went wrong. */
    FAILED,
    /** Another attempt was faster. */
    CANCELLED
  }

  /**
   * How long something took, in milliseconds.
   *
   * @param count how often it happened
   * @param p50 half took no longer
   * @param p99 99 of 100 took no longer
   * @param max the longest
   */
  record Percentiles(long count, double p50, double p99, double max) {}

  /**
   * Whether a name that this node dials is connected.
   *
   * @param name what is dialled
   * @param up whether it is
   * @param since since when, as ISO 8601 writes it
   * @param lastError what went wrong last; null where nothing has. Stays when it is up again
   */
  record DialledLink(String name, boolean up, String since, @Nullable String lastError) {

    static DialledLink of(String name, ConnectionHealth health) {
      Throwable error = health.lastError();
      return new DialledLink(
          name,
          health.up(),
          health.since().toString(),
          error == null ? null : FailureText.of(error));
    }
  }
}
