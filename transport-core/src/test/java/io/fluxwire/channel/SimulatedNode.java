package io.fluxwire.channel;

import io.fluxwire.ChannelException;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.record.Incarnation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * One of two nodes with its store, and an application that keeps the effects of packets and its
 * position together. Each process of it, from one crash to the next, is a {@link Life}.
 */
final class SimulatedNode {

  /** What the dialer's channel keeps until senders wait. */
  private static final int FEW_BYTES = 60;

  private static final int MANY_BYTES = 1 << 20;

  static final int LARGE = 100 * 1024;

  private static final ChannelKey KEY =
      new ChannelKey(NodeKey.generate().id(), NodeKey.generate().id(), "orders");

  /** Packets are short texts, which may be padded; what begins with a minus is for nobody. */
  static final PacketCodec<String> CODEC =
      new PacketCodec<>() {
        @Override
        public ByteBuf encode(String packet, ByteBufAllocator allocator) {
          byte[] text = packet.getBytes(StandardCharsets.UTF_8);
          ByteBuf payload = allocator.buffer().writeBytes(text);
          return packet.endsWith("!") ? payload.writeZero(LARGE - text.length) : payload;
        }

        @Override
        public @Nullable String decode(ByteBuf payload) {
          String text = text(payload.toString(StandardCharsets.UTF_8));
          return isSkipped(text) ? null : text;
        }
      };

  private final String name;
  private final boolean dials;
  private final Scheduler timers;
  private final Map<Incarnation, List<byte[]>> logs;
  private final List<String> violations;
  private SimulatedStore store = new SimulatedStore();
  private final List<String> effects = new ArrayList<>();
  private long position;
  private int sent;
  private Life process;

  SimulatedNode(
      boolean dials,
      Scheduler timers,
      Map<Incarnation, List<byte[]>> logs,
      List<String> violations) {
    this.name = dials ? "d" : "a";
    this.dials = dials;
    this.timers = timers;
    this.logs = logs;
    this.violations = violations;
    this.process = start(false);
  }

  static String text(byte[] payload) {
    return text(new String(payload, StandardCharsets.UTF_8));
  }

  private static String text(String padded) {
    int end = padded.indexOf(0);
    return end < 0 ? padded : padded.substring(0, end);
  }

  static boolean isSkipped(String text) {
    return text.startsWith("-");
  }

  SimulatedStore store() {
    return store;
  }

  PeerChannel<String> channel() {
    return process.channel;
  }

  Life process() {
    return process;
  }

  List<String> effects() {
    return effects;
  }

  private static int maxBytes(boolean dials) {
    return dials ? FEW_BYTES : MANY_BYTES;
  }

  /** What the channel may keep at most. */
  long mostBytes() {
    return (long) maxBytes(dials) + LARGE;
  }

  /** Opens a channel over some store. */
  static PeerChannel<String> open(
      boolean dials, SimulatedStore store, long startAt, Scheduler timers) {
    return PeerChannel.open(
            KEY,
            dials,
            ChannelSpec.of(store).maxBytes(maxBytes(dials)).startAt(startAt).timers(timers),
            CODEC)
        .block();
  }

  Life start(boolean startsAt) {
    logs.put(store.state().own(), store.log());
    process = new Life(startsAt ? position : 0);
    return process;
  }

  void crash(boolean written, int withEffects, boolean startsAt) {
    process.affect(withEffects);
    process.dead = true;
    store.crash(written);
    start(startsAt);
  }

  /** Ends, and begins with nothing. */
  void lose() {
    process.dead = true;
    store.crash(false);
    long before = position;
    store = new SimulatedStore();
    if (before > 0) {
      try {
        open(dials, store, before, timers);
        violate("the application's position was taken with a new store");
      } catch (RuntimeException e) {
        if (!(e instanceof ChannelException known)
            || known.reason() != Reason.CHANNEL_DISAGREEMENT) {
          violate("refused by " + e);
        }
      }
    }
    position = 0;
    effects.clear();
    start(false);
  }

  /** Ended by its channel, and begun anew. */
  void reopen() {
    process.dead = true;
    store.crash(true);
    start(false);
  }

  private void violate(String what) {
    violations.add(name + ": " + what);
  }

  /** What is gone with a crash. */
  final class Life {

    final PeerChannel<String> channel;
    private final List<Delivery<String>> open = new ArrayList<>();
    private boolean dead;
    private long expected;
    private long acknowledged;
    private long taken;
    private @Nullable Subscription subscription;
    private @Nullable BaseSubscriber<Delivery<String>> subscriber;
    private boolean ended;
    private @Nullable Throwable failed;
    private @Nullable PeerException end;

    Life(long startAt) {
      channel = SimulatedNode.open(dials, store, startAt, timers);
      acknowledged = Math.max(startAt, store.state().received());
      expected = acknowledged;
      channel
          .onClose()
          .subscribe(
              nothing -> {},
              failure -> {
                ended = true;
                end = (PeerException) failure;
              },
              () -> ended = true);
    }

    boolean isEnded() {
      return ended || channel.isDisposed();
    }

    /** What a send failed with, which only the end of the channel may do. */
    @Nullable Throwable failed() {
      return failed;
    }

    @Nullable PeerException end() {
      return end;
    }

    /** The number of the next packet that the application has not got. */
    long expected() {
      return expected;
    }

    boolean isEven() {
      return open.isEmpty();
    }

    void send(int packets, boolean large) {
      List<String> texts = new ArrayList<>();
      for (int i = 0; i < packets; i++) {
        int number = sent++;
        texts.add((number % 5 == 3 ? "-" : "") + name + number + (large ? "!" : ""));
      }
      channel
          .send(Flux.fromIterable(texts))
          .subscribe(behind -> stored(texts, behind), failure -> failed = failure);
    }

    private void stored(List<String> texts, long behind) {
      if (dead) {
        return;
      }
      List<byte[]> log = store.log();
      if (behind > log.size()) {
        violate("completed a send up to %d, stored are %d".formatted(behind, log.size()));
        return;
      }
      int at = (int) behind;
      for (int i = texts.size() - 1; i >= 0; i--) {
        boolean isLast = i == texts.size() - 1;
        do {
          at--;
        } while (!isLast && at >= 0 && !text(log.get(at)).equals(texts.get(i)));
        if (at < 0 || !text(log.get(at)).equals(texts.get(i))) {
          violate("completed a send, and " + texts.get(i) + " is not stored");
          return;
        }
      }
      channel.acknowledged(behind).subscribe(nothing -> {}, failure -> {}, () -> taken(behind));
    }

    private void taken(long behind) {
      taken = Math.max(taken, behind);
    }

    /** Up to where who sends was told that the peer has taken it. */
    long taken() {
      return taken;
    }

    void subscribe(long demand) {
      if (subscription != null || ended) {
        return;
      }
      BaseSubscriber<Delivery<String>> next =
          new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription s) {
              subscription = s;
              if (demand > 0) {
                s.request(demand);
              }
            }

            @Override
            protected void hookOnNext(Delivery<String> delivery) {
              if (!dead && subscriber == this) {
                delivered(delivery);
              } else if (!dead) {
                violate("gave " + delivery + " to one who has cancelled");
              }
            }

            @Override
            protected void hookOnError(Throwable failure) {
              subscription = null;
            }
          };
      subscriber = next;
      channel.receive().subscribe(next);
    }

    void request(long more) {
      Subscription s = subscription;
      if (s != null) {
        s.request(more);
      }
    }

    void cancel() {
      Subscription s = subscription;
      if (s != null) {
        subscription = null;
        subscriber = null;
        s.cancel();
        open.clear();
        expected = acknowledged;
      }
    }

    private void delivered(Delivery<String> delivery) {
      long number = delivery.number();
      List<byte[]> log = logs.getOrDefault(channel.stored().peer(), List.of());
      if (number < expected || number >= log.size()) {
        violate(
            "got %s, %d is due, the peer has stored %d".formatted(delivery, expected, log.size()));
        return;
      }
      for (long n = expected; n < number; n++) {
        if (!isSkipped(text(log.get((int) n)))) {
          violate("got %s, %d is due".formatted(delivery, n));
        }
      }
      if (!text(log.get((int) number)).equals(delivery.packet())) {
        violate("got %s for %s".formatted(delivery, text(log.get((int) number))));
      }
      expected = number + 1;
      open.add(delivery);
    }

    /** The oldest packets have their effect, unless they have had it before. */
    private @Nullable Delivery<String> affect(int most) {
      Delivery<String> last = null;
      for (int i = 0; i < most && !open.isEmpty(); i++) {
        last = open.remove(0);
        if (last.number() >= position) {
          effects.add(last.packet());
          position = last.number() + 1;
        }
      }
      return last;
    }

    void handle(int most) {
      Delivery<String> last = affect(most);
      if (last != null) {
        acknowledged = Math.max(acknowledged, last.number() + 1);
        expected = Math.max(expected, acknowledged);
        last.acknowledge();
      }
    }
  }
}
