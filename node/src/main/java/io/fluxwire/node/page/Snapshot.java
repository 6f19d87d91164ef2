package io.fluxwire.node.page;

import io.fluxwire.SessionParameters;
import io.fluxwire.crypto.Aead;
import io.fluxwire.dial.ConnectionHealth;
import io.fluxwire.internal.FailureText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the page shows at one moment. Counts only ever grow: whoever wants rates compares two
 * snapshots. All times are milliseconds on the node's own clock, which starts with it.
 *
 * @param at the moment
 * @param node which node this is
 * @param link whether its network is stalled on purpose; null where it cannot be
 * @param total what all peers together have carried, those that are gone included
 * @param opened connections so far
 * @param ended connections that have ended
 * @param refused connections that did not get through the handshake
 * @param reconnects dials that succeeded after a connection was lost
 * @param peerCount how many peers are connected
 * @param peers those that carried most
 * @param channelCount how many channels are open
 * @param channels those that keep most
 * @param recent what ended lately, the latest first
 * @param dials the latest rounds of dialing, the latest first
 * @param handshakes the latest handshakes; null without any
 * @param roundTrips those since the last snapshot; null without any
 */
record Snapshot(
    long at,
    Node node,
    @Nullable Link link,
    Traffic.Counts total,
    long opened,
    long ended,
    long refused,
    long reconnects,
    int peerCount,
    List<Peer> peers,
    int channelCount,
    List<Channel> channels,
    List<Ending> recent,
    List<Round> dials,
    @Nullable Percentiles handshakes,
    @Nullable Percentiles roundTrips) {

  /**
   * Which node this is.
   *
   * @param command what it runs
   * @param id its node id; null where the process runs two
   */
  record Node(String command, @Nullable String id) {}

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
   *     as neither a session of version 3 nor one of a channel can be
   * @param lastError the fault that ended its connection before this one; null for none known
   */
  record Peer(
      long number,
      String id,
      @Nullable String name,
      String address,
      Monitor.Direction direction,
      long since,
      Traffic.Counts traffic,
      Session session,
      @Nullable Double roundTrip,
      @Nullable String lastError) {}

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
      Monitor.Direction direction,
      boolean attached,
      long since,
      long stored,
      long unacknowledged,
      long bytes,
      @Nullable Long oldest,
      long received,
      long resent,
      long connections,
      long takeovers) {}

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
      Monitor.Direction direction,
      @Nullable Long lasted,
      String reason,
      String text,
      boolean fault) {}

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
