package io.fluxwire.channel;

import io.fluxwire.PeerException;
import io.fluxwire.record.ChannelFrame;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/**
 * A connection as a channel sees it: an upgraded session that chose the feature, or what stands in
 * for one in a test. Any thread may call it.
 */
interface ChannelLink {

  /** Who is told what the peer says, in its order, by one thread at a time. */
  interface Receiver {

    void onChannel(ChannelFrame frame);

    void onAcknowledged(long next);

    /**
     * A packet.
     *
     * @param payload borrowed
     */
    void onPacket(ByteBuf payload);

    /**
     * The connection has ended, and nothing more comes. Once.
     *
     * @param fault why; null for an end in good order
     */
    void onEnd(@Nullable Throwable fault);
  }

  /** Begins to read; packets come as they are {@linkplain #request requested}. Once. */
  void start(Receiver receiver);

  /** Asks for packets, and so for what the peer says between them. */
  void request(long packets);

  /**
   * Runs a task on the connection's thread once the read that is under way has given all its
   * packets, so that what came together is handled together. It always runs, also when the
   * connection ends.
   */
  void afterReading(Runnable task);

  /** Says CHANNEL. */
  void sendChannel(ChannelFrame frame);

  /** Says ACK. */
  void acknowledge(long next);

  /** Sends packets, which it owns, until the connection ends. Once, after CHANNEL. */
  void send(Publisher<ByteBuf> payloads);

  /** Tells the peer of a fault and ends. */
  void fail(PeerException fault);

  /** Ends in good order. */
  void close();

  /** Ends at once. */
  void dispose();
}
