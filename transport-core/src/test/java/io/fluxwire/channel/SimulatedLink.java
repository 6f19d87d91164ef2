package io.fluxwire.channel;

import io.fluxwire.PeerException;
import io.fluxwire.record.ChannelFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * One end of a connection between two channels in one thread. Nothing arrives before {@link
 * #deliver} is called, and what is on its way when the connection is cut is lost.
 */
final class SimulatedLink implements ChannelLink {

  /** What travels. */
  sealed interface Message {

    record Channel(ChannelFrame frame) implements Message {}

    record Packet(byte[] payload) implements Message {}

    record Ack(long next) implements Message {}

    record End(@Nullable String problem) implements Message {}
  }

  /** How much a connection takes before the peer's end has it. */
  private static final int WINDOW = 4;

  private final Deque<Message> arriving = new ArrayDeque<>();
  private final Deque<Runnable> afterwards = new ArrayDeque<>();
  private boolean reading;
  private @Nullable SimulatedLink other;
  private @Nullable Receiver receiver;
  private @Nullable BiConsumer<SimulatedLink, ChannelFrame> acceptor;
  private @Nullable Subscription source;
  private long demand;
  private int inFlight;
  private boolean ended;
  private boolean told;
  private boolean silent;
  private int arrived;
  private Consumer<Message> observer = message -> {};

  private SimulatedLink() {}

  /**
   * Makes a connection.
   *
   * @param acceptor is told of the CHANNEL that the dialler says, and gives the end a receiver
   * @return the dialler's end
   */
  static SimulatedLink dial(BiConsumer<SimulatedLink, ChannelFrame> acceptor) {
    SimulatedLink dialler = new SimulatedLink();
    SimulatedLink accepted = new SimulatedLink();
    dialler.other = accepted;
    accepted.other = dialler;
    accepted.acceptor = acceptor;
    accepted.demand = 1;
    return dialler;
  }

  SimulatedLink other() {
    SimulatedLink peer = other;
    if (peer == null) {
      throw new IllegalStateException("no pair");
    }
    return peer;
  }

  /** For the side that was dialled. */
  void receiver(@Nullable Receiver to) {
    receiver = to;
  }

  @Override
  public void start(Receiver to) {
    receiver = to;
  }

  @Override
  public void request(long packets) {
    demand += packets;
  }

  @Override
  public void afterReading(Runnable task) {
    if (reading) {
      afterwards.add(task);
    } else {
      task.run();
    }
  }

  @Override
  public void sendChannel(ChannelFrame frame) {
    say(new Message.Channel(ChannelFrame.parse(frame.toBytes())));
  }

  @Override
  public void acknowledge(long next) {
    say(new Message.Ack(next));
  }

  @Override
  public void send(Publisher<ByteBuf> payloads) {
    Flux.from(payloads)
        .subscribe(
            new BaseSubscriber<ByteBuf>() {
              @Override
              protected void hookOnSubscribe(Subscription s) {
                source = s;
                s.request(WINDOW);
              }

              @Override
              protected void hookOnNext(ByteBuf payload) {
                inFlight++;
                say(new Message.Packet(ByteBufUtil.getBytes(payload)));
              }
            });
  }

  /** Is told of all that this side says, as long as the connection lives. */
  void observer(Consumer<Message> observes) {
    observer = observes;
  }

  private void say(Message message) {
    if (!ended) {
      observer.accept(message);
    }
    if (!ended && !other().ended && !silent) {
      other().arriving.add(message);
    }
  }

  @Override
  public void fail(PeerException fault) {
    say(new Message.End(String.valueOf(fault.getMessage())));
    end();
  }

  @Override
  public void close() {
    say(new Message.End(null));
    end();
  }

  @Override
  public void dispose() {
    if (!silent) {
      other().cutOff();
    }
    end();
  }

  /** What is on its way in both directions is lost, and both ends hear of it. */
  void cut() {
    SimulatedLink peer = other();
    cutOff();
    peer.cutOff();
  }

  /** What is on its way is lost and so is all that follows, and neither end hears of it. */
  void silence() {
    for (SimulatedLink end : new SimulatedLink[] {this, other()}) {
      end.silent = true;
      end.arriving.clear();
    }
  }

  private void cutOff() {
    arriving.clear();
    end();
    tell(new IllegalStateException("cut"));
  }

  private void end() {
    ended = true;
    Subscription s = source;
    if (s != null) {
      s.cancel();
    }
  }

  private void tell(@Nullable Throwable fault) {
    Receiver to = receiver;
    if (to != null && !told) {
      told = true;
      to.onEnd(fault);
    }
  }

  /** The side has crashed: nobody hears anything here any more. */
  void forget() {
    receiver = null;
    acceptor = null;
    if (!silent) {
      other().cutOff();
    }
    end();
  }

  boolean isOver() {
    return ended && arriving.isEmpty();
  }

  /** How many packets have arrived here. */
  int arrived() {
    return arrived;
  }

  /** Whether something would arrive here. */
  boolean canDeliver() {
    Message next = arriving.peek();
    return next != null && (!(next instanceof Message.Packet) || demand > 0);
  }

  /** All that is on its way to this end and is asked for arrives in one read. */
  void deliverTogether() {
    reading = true;
    while (canDeliver()) {
      deliver();
    }
    reading = false;
    for (Runnable task = afterwards.poll(); task != null; task = afterwards.poll()) {
      task.run();
    }
  }

  /** The next of what is on its way to this end arrives. */
  void deliver() {
    Message next = arriving.remove();
    Receiver to = receiver;
    if (next instanceof Message.Packet packet) {
      demand--;
      arrived++;
      SimulatedLink sender = other();
      sender.inFlight--;
      Subscription from = sender.source;
      if (to != null) {
        byte[] lent = packet.payload().clone();
        to.onPacket(Unpooled.wrappedBuffer(lent));
        // Whoever keeps what it was lent is seen.
        Arrays.fill(lent, (byte) '!');
      }
      if (from != null && !sender.ended) {
        from.request(1);
      }
    } else if (next instanceof Message.Channel said) {
      BiConsumer<SimulatedLink, ChannelFrame> greeted = acceptor;
      if (to != null) {
        to.onChannel(said.frame());
      } else if (greeted != null) {
        greeted.accept(this, said.frame());
      }
    } else if (next instanceof Message.Ack ack) {
      if (to != null) {
        to.onAcknowledged(ack.next());
      }
    } else if (next instanceof Message.End end) {
      end();
      tell(end.problem() == null ? null : new IllegalStateException(end.problem()));
    }
  }
}
