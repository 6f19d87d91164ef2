package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.Reason;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.Incarnation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a channel: the packets that came over it, the ones that go, and which numbers
 * each side has told the other. What the link calls may come on any thread; all else belongs to the
 * channel's loop.
 */
final class ChannelConnection implements ChannelLink.Receiver {

  /** How far the two sides are. */
  enum Phase {
    /** What this side has to say is being stored. */
    STORING,
    /** This side has said CHANNEL, and the peer has not. */
    SAID,
    /** The stores fit together, which is being stored. */
    AGREEING,
    /** Packets go. */
    AGREED,
    /** Nothing of it counts any more. */
    OVER
  }

  /** What may wait for the application, besides one packet: 256 KiB. */
  static final int MAX_QUEUED = 256 * 1024;

  /** So much that is not acknowledged is acknowledged at once: 64 KiB. */
  private static final int ACKNOWLEDGE_BYTES = 64 * 1024;

  private static final int ACKNOWLEDGE_PACKETS = 64;

  private final ChannelLink link;
  private final long attempt;
  private final Incarnation known;
  private final ChannelProtocol<?> protocol;
  private final Queue<byte[]> packets = new ConcurrentLinkedQueue<>();
  private final AtomicLong queued = new AtomicLong();
  private final AtomicBoolean starved = new AtomicBoolean();

  /** The channel will look at what came, and at what comes until then. */
  private final AtomicBoolean news = new AtomicBoolean();

  private volatile Phase phase = Phase.STORING;
  private @Nullable ChannelFrame ours;
  private @Nullable ChannelFrame theirs;
  private @Nullable StoredPackets resending;

  /** The number of the next packet to take out of the queue. */
  private long number;

  /** The number that this side last told the peer that it wants, in CHANNEL or in an ACK. */
  private long lastWanted;

  /** What the peer said that it wants, last. */
  private long acknowledged;

  private long bytesSinceSaid;

  /**
   * A fresh connection.
   *
   * @param known what this side knew of the peer's store before
   */
  ChannelConnection(
      ChannelLink link, long attempt, Incarnation known, ChannelProtocol<?> protocol) {
    this.link = link;
    this.attempt = attempt;
    this.known = known;
    this.protocol = protocol;
  }

  ChannelLink link() {
    return link;
  }

  long attempt() {
    return attempt;
  }

  Incarnation known() {
    return known;
  }

  Phase phase() {
    return phase;
  }

  void enter(Phase next) {
    phase = next;
  }

  /** What this side has said. */
  ChannelFrame ours() {
    return Objects.requireNonNull(ours, "CHANNEL is not said yet");
  }

  @Nullable ChannelFrame theirs() {
    return theirs;
  }

  void hear(ChannelFrame frame) {
    theirs = frame;
    acknowledged = frame.wanted();
  }

  /** Says CHANNEL: from now on packets come from the wanted number on. */
  void say(ChannelFrame frame) {
    ours = frame;
    number = frame.wanted();
    lastWanted = frame.wanted();
    link.sendChannel(frame);
  }

  /** Begins to send. */
  void resend(StoredPackets packetsToSend) {
    resending = packetsToSend;
    link.send(packetsToSend);
  }

  @Nullable StoredPackets resending() {
    return resending;
  }

  @Override
  public void onChannel(ChannelFrame frame) {
    protocol.execute(() -> protocol.heard(this, frame));
  }

  @Override
  public void onAcknowledged(long next) {
    protocol.execute(() -> protocol.acknowledged(this, next));
  }

  @Override
  public void onPacket(ByteBuf payload) {
    if (protocol.deliver(this, payload)) {
      link.request(1);
    } else {
      queue(ByteBufUtil.getBytes(payload));
    }
    if (news.compareAndSet(false, true)) {
      link.afterReading(this::tellOfNews);
    }
  }

  private void queue(byte[] packet) {
    packets.add(packet);
    if (queued.addAndGet(packet.length) < MAX_QUEUED) {
      link.request(1);
    } else {
      starved.set(true);
      // It may have been emptied just before.
      feed();
    }
  }

  private void tellOfNews() {
    news.set(false);
    protocol.signal();
  }

  @Override
  public void onEnd(@Nullable Throwable fault) {
    protocol.execute(() -> protocol.disconnected(this, fault));
  }

  private void feed() {
    if (queued.get() < MAX_QUEUED && starved.compareAndSet(true, false)) {
      link.request(1);
    }
  }

  boolean hasPacket() {
    return !packets.isEmpty();
  }

  /** The number of the next packet in the queue. */
  long number() {
    return number;
  }

  byte[] take() {
    byte[] packet = packets.remove();
    passed(packet.length);
    queued.addAndGet(-packet.length);
    feed();
    return packet;
  }

  /** The next packet, of some bytes, is on its way to the application. */
  void passed(int bytes) {
    number++;
    bytesSinceSaid += bytes;
  }

  /**
   * Judges an ACK.
   *
   * @throws ChannelException when it takes back what was said, or is beyond what was sent
   */
  void acceptAck(long next) {
    StoredPackets sent = resending;
    long most = sent == null ? acknowledged : sent.position();
    if (next < acknowledged || next > most) {
      throw new ChannelException(
          Reason.ACK_INVALID,
          "the peer acknowledged up to %d, after %d, where %d were sent"
              .formatted(next, acknowledged, most));
    }
    acknowledged = next;
  }

  /** What may be acknowledged: it is stored, and came over this connection or was named before. */
  private long acknowledgeable(long stored) {
    return Math.min(stored, number);
  }

  /** Whether there is something to acknowledge. */
  boolean owes(long stored) {
    return acknowledgeable(stored) > lastWanted;
  }

  /** Whether it is not to wait for more: there is much, or nothing more is here. */
  boolean owesNow(long stored, boolean even) {
    return acknowledgeable(stored) - lastWanted >= ACKNOWLEDGE_PACKETS
        || bytesSinceSaid >= ACKNOWLEDGE_BYTES
        || (even && packets.isEmpty());
  }

  void acknowledge(long stored) {
    lastWanted = acknowledgeable(stored);
    bytesSinceSaid = 0;
    link.acknowledge(lastWanted);
  }

  /** Nothing of it counts any more. */
  void end() {
    phase = Phase.OVER;
    packets.clear();
    StoredPackets sent = resending;
    if (sent != null) {
      sent.end();
    }
  }
}
