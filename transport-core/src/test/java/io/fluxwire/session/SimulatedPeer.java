package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.session.SimulatedWire.Fault;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** One of two simulated nodes. What it sends, how it reads and when it ends is drawn beforehand. */
final class SimulatedPeer extends BaseSubscriber<ByteBuf> {

  private static final String COMPLETED = "completed";

  /** Longer than any limit of a session, so that those are what ends it. */
  private static final int LONG_LIFE = 200_000;

  private final SimulatedPlan plan;
  private final Role role;
  private final Scheduler time;
  private final Random random;
  private final NodeKey key = NodeKey.generate();
  private final List<byte[]> packets = new ArrayList<>();
  private final List<byte[]> received = new ArrayList<>();

  /** The most packets that it asks for at once. */
  private final int mostDemand;

  private final boolean readsSlowly;
  private final boolean closesAfterSending;
  private final boolean disposes;
  private final int lifetimeMillis;

  /** What it was told of its dial or accept, as often as it was told. So are the next ones. */
  private final List<Object> outcomes = new ArrayList<>();

  private final List<Object> sendEnds = new ArrayList<>();
  private final List<Object> receiveEnds = new ArrayList<>();
  private final List<CloseReason> closed = new ArrayList<>();

  private @Nullable PeerConnection<ByteBuf> connection;
  private int demand;
  private boolean ending;
  private long endedAt;

  SimulatedPeer(SimulatedPlan plan, Role role, Scheduler time, Random random) {
    this.plan = plan;
    this.role = role;
    this.time = time;
    this.random = random;
    int count = random.nextInt(5) == 0 ? 0 : random.nextInt(60);
    for (int i = 0; i < count; i++) {
      byte[] packet = new byte[16 + random.nextInt(random.nextInt(6) == 0 ? plan.largest() : 100)];
      random.nextBytes(packet);
      packets.add(packet);
    }
    mostDemand = 1 + random.nextInt(10);
    readsSlowly = random.nextBoolean();
    closesAfterSending = random.nextInt(3) == 0;
    disposes = random.nextInt(10) == 0;
    lifetimeMillis = random.nextBoolean() ? LONG_LIFE : 1_000 + random.nextInt(40_000);
  }

  void start(SessionSpec<?> settings, MemoryDuplex duplex) {
    settings
        .codec(PacketCodec.raw())
        .nodeKey(key)
        .upgrade(plan.policy())
        .timeouts(plan.timeouts())
        .establish(duplex, role)
        .subscribe(
            made -> connected(made, duplex),
            failure -> {
              outcomes.add(failure);
              ended();
            });
  }

  private void ended() {
    endedAt = time.now(TimeUnit.MILLISECONDS);
  }

  private void connected(PeerConnection<ByteBuf> made, MemoryDuplex duplex) {
    outcomes.add(COMPLETED);
    connection = made;
    made.onClose()
        .subscribe(
            reason -> {
              closed.add(reason);
              ended();
            });
    made.receive().subscribe(this);
    made.send(Flux.range(0, packets.size()).concatMap(i -> packet(made, duplex, i), 1))
        .subscribe(null, sendEnds::add, this::sent);
    later(lifetimeMillis, this::end);
  }

  private void later(int millis, Runnable task) {
    time.schedule(task, millis, TimeUnit.MILLISECONDS);
  }

  private Mono<ByteBuf> packet(PeerConnection<ByteBuf> sender, MemoryDuplex duplex, int number) {
    if (plan.isUpgraded() && number % 7 == 6) {
      sender.rotateKeys().subscribe(null, failure -> {});
    }
    byte[] bytes = packets.get(number);
    Mono<ByteBuf> packet =
        Mono.fromSupplier(() -> duplex.allocator().heapBuffer(bytes.length).writeBytes(bytes));
    return random.nextInt(5) == 0
        ? packet.delaySubscription(Duration.ofMillis(random.nextInt(500)), time)
        : packet;
  }

  private void sent() {
    sendEnds.add(COMPLETED);
    if (closesAfterSending) {
      later(random.nextInt(1_000), this::end);
    }
  }

  private void end() {
    ending = true;
    PeerConnection<ByteBuf> open = connection;
    if (open == null) {
      return;
    }
    if (disposes) {
      open.dispose();
    } else {
      open.close().subscribe(null, failure -> {});
    }
  }

  @Override
  protected void hookOnSubscribe(Subscription subscription) {
    ask();
  }

  private void ask() {
    demand = 1 + random.nextInt(mostDemand);
    request(demand);
  }

  @Override
  protected void hookOnNext(ByteBuf packet) {
    received.add(ByteBufUtil.getBytes(packet));
    demand--;
    if (demand > 0) {
      return;
    }
    if (readsSlowly) {
      later(random.nextInt(200), this::ask);
    } else {
      ask();
    }
  }

  @Override
  protected void hookOnComplete() {
    receiveEnds.add(COMPLETED);
  }

  @Override
  protected void hookOnError(Throwable failure) {
    receiveEnds.add(failure);
  }

  /** Whether it was told how everything ended. */
  boolean isOver() {
    return !outcomes.isEmpty()
        && (connection == null
            || !(closed.isEmpty() || receiveEnds.isEmpty() || sendEnds.isEmpty()));
  }

  /** Checks what holds whatever happened; only for one that is over. */
  void check(SimulatedPeer other, SimulatedWire wire) {
    assertThat(outcomes).as("outcomes").hasSize(1);
    assertThat(received.size()).as("packets received that were sent").isEqualTo(inCommon(other));
    if (wire.hasFailed()) {
      assertThat(endedAt - wire.failedAt())
          .as("from the fault to the end, in ms")
          .isLessThan(plan.longestEnd().toMillis());
    }
    PeerConnection<ByteBuf> made = connection;
    if (made == null) {
      assertThat(outcomes.get(0)).isInstanceOf(PeerException.class);
      assertThat(plan.fault() != Fault.NONE || other.ending)
          .as("no connection, with a fault or a peer that ended")
          .isTrue();
      return;
    }
    assertThat(made.remoteId()).isEqualTo(other.key.id());
    checkEnds();
    // Version 3 cannot tell a cut from an end, nor one that disposes from one that closes.
    if (closed.get(0).reason() == Reason.CLOSED_BY_PEER
        && (plan.isUpgraded() || !(wire.hasFailed() || other.disposes))) {
      assertThat(other.ending && !other.disposes).as("a clean end of one that closes").isTrue();
      if (other.sendEnds.contains(COMPLETED)) {
        assertThat(received).as("all, before a clean end").hasSameSizeAs(other.packets);
      }
    }
  }

  /** With how many packets what was received begins as what was sent does. */
  private int inCommon(SimulatedPeer other) {
    int most = Math.min(received.size(), other.packets.size());
    int same = 0;
    while (same < most && Arrays.equals(received.get(same), other.packets.get(same))) {
      same++;
    }
    return same;
  }

  private void checkEnds() {
    assertThat(closed).as("reasons of the end").hasSize(1);
    assertThat(receiveEnds).as("ends of receive()").hasSize(1);
    PeerException cause = closed.get(0).cause();
    assertThat(receiveEnds.get(0)).isEqualTo(cause == null ? COMPLETED : cause);
    assertThat(sendEnds).as("ends of send()").hasSize(1);
    if (sendEnds.get(0) != COMPLETED) {
      assertThat(sendEnds.get(0)).isInstanceOf(PeerException.class);
    }
  }

  @Override
  public String toString() {
    return "%s %s %s, %d of them received, at %d ms"
        .formatted(
            role,
            connection == null ? outcomes : closed,
            "sent " + packets.size(),
            received.size(),
            endedAt);
  }
}
