package io.fluxwire.channel.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.channel.ChannelWrite;
import io.fluxwire.channel.StoredChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** A channel that is open here, for as long as its lease is renewed. */
final class RedisChannel implements StoredChannel {

  private static final Logger LOG = LoggerFactory.getLogger(RedisChannel.class);

  /** How many bytes one script reads at most, since a script blocks all clients of Redis. */
  private static final int MAX_READ_BYTES = 4 << 20;

  private static final int MAX_READ_PACKETS = 1_000;

  /** Scripts have only doubles as numbers. */
  private static final long MAX_NUMBER = 1L << 53;

  private static final int RENEWALS = 3;

  /** How many arguments identify the opening; each script gets them first. */
  private static final int FENCE = 4;

  private final RedisLink link;
  private final ChannelKeys keys;
  private final Opening opening;
  private final Lease lease;
  private final Duration leaseLength;
  private final Disposable.Swap renewal = Disposables.swap();
  private final Mono<Void> closing;

  /** Each write has its own number; the number of a refused write is not used again. */
  private final AtomicLong numbers = new AtomicLong();

  // Changed only by writes, which come one after the other.
  private volatile Position position;

  /**
   * The result of an opening.
   *
   * @param token a random token that identifies this opening
   * @param epoch the number of openings so far, including this one
   * @param awaitsSync whether each change has to wait for a sync of Redis
   * @param state the state that was stored
   */
  record Opening(byte[] token, String epoch, boolean awaitsSync, ChannelState state) {}

  /**
   * The position of this opening.
   *
   * @param writes the number of the last write that is stored
   * @param first the number of the first packet that is kept
   * @param next the number of the next packet to store
   */
  private record Position(long writes, long first, long next) {

    Position after(ChannelWrite changes, long number) {
      return new Position(number, changes.first(), next + changes.packets().size());
    }
  }

  RedisChannel(
      RedisLink link, ChannelKeys keys, Opening opening, Lease lease, Duration leaseLength) {
    this.link = link;
    this.keys = keys;
    this.opening = opening;
    this.lease = lease;
    this.leaseLength = leaseLength;
    this.position = new Position(0, opening.state().first(), opening.state().next());
    this.closing = Mono.defer(this::release).cache();
  }

  /** Starts to renew the lease, until the channel ends. */
  void keep(Scheduler timers) {
    renewal.update(
        Mono.delay(leaseLength.dividedBy(RENEWALS), timers)
            .then(Mono.defer(this::renew))
            .repeat(() -> lease.end() == null)
            .subscribe(
                ignored -> {},
                failure ->
                    LOG.warn("the lease of {} is not renewed any more", keys.state(), failure)));
  }

  private Mono<Void> renew() {
    AtomicLong askedAt = new AtomicLong();
    return run(Script.RENEW, () -> askedAt.set(lease.now()), text(leaseLength.toMillis()))
        .doOnNext(ok -> lease.granted(askedAt.get()))
        .doOnError(failure -> LOG.debug("no lease for {}", keys.state(), failure))
        .onErrorComplete()
        .then();
  }

  @Override
  public ChannelState state() {
    return opening.state();
  }

  @Override
  public Mono<Long> write(ChannelWrite changes) {
    return Mono.defer(
        () -> {
          requireNumbers(changes);
          long number = numbers.incrementAndGet();
          return run(Script.WRITE, () -> {}, arguments(changes, number))
              .map(answer -> stored(changes, number, answer.number(1)));
        });
  }

  private void requireNumbers(ChannelWrite changes) {
    Position before = position;
    long after = before.next() + changes.packets().size();
    if (changes.first() < before.first() || changes.first() > after || after > MAX_NUMBER) {
      throw new IllegalArgumentException(
          "packets from %d to %d are kept, so none before %d can be deleted"
              .formatted(before.first(), after - 1, changes.first()));
    }
    if (changes.packets().stream().anyMatch(packet -> packet.length == 0)) {
      throw new IllegalArgumentException("a packet has at least 1 byte");
    }
  }

  private byte[][] arguments(ChannelWrite changes, long write) {
    List<byte[]> all = new ArrayList<>();
    all.add(text(write));
    all.add(text(changes.first()));
    all.add(text(changes.received()));
    all.add(text(changes.skipped()));
    all.add(text(changes.attempt()));
    all.add(changes.peer().toBytes());
    long number = position.next();
    for (byte[] packet : changes.packets()) {
      all.add(StoredPacket.encode(number++, packet));
    }
    return all.toArray(byte[][]::new);
  }

  private long stored(ChannelWrite changes, long number, long kept) {
    position = position.after(changes, number);
    return kept;
  }

  @Override
  public Mono<List<byte[]>> read(long from, int maxBytes) {
    return Mono.defer(
        () ->
            run(
                    Script.READ,
                    () -> {},
                    text(from),
                    text(Math.min(maxBytes, MAX_READ_BYTES)),
                    text(MAX_READ_PACKETS))
                .flatMap(answer -> decode(from, answer)));
  }

  private Mono<List<byte[]>> decode(long from, Answer answer) {
    List<byte[]> packets = new ArrayList<>();
    for (int part = 1; part < answer.parts().size(); part++) {
      long number = from + packets.size();
      byte[] payload = StoredPacket.decode(number, answer.parts().get(part));
      if (payload == null) {
        return Mono.error(
            lease.end(Failures.corrupt(keys, "packet %d has another checksum".formatted(number))));
      }
      packets.add(payload);
    }
    return Mono.just(packets);
  }

  /**
   * Runs a script while the lease lasts. A failure ends the channel, unless the failure is a lack
   * of room.
   */
  private Mono<Answer> run(Script script, Runnable beforeTry, byte[]... more) {
    ChannelStoreException end = lease.end();
    if (end != null) {
      return Mono.error(end);
    }
    return call(script, lease.left(), beforeTry, more)
        .flatMap(this::judge)
        .onErrorMap(ChannelStoreException.class, this::endsUnlessFull);
  }

  private Mono<Answer> call(Script script, Duration patience, Runnable beforeTry, byte[]... more) {
    byte[][] arguments = withFence(more);
    return link.call(
            patience,
            redis -> {
              beforeTry.run();
              return RedisLink.run(redis, script, keys.all(), arguments)
                  .delayUntil(answer -> synced(script) ? link.sync(redis) : Mono.empty());
            })
        .onErrorMap(failure -> Failures.of(keys, failure));
  }

  private boolean synced(Script script) {
    return opening.awaitsSync() && (script == Script.WRITE || script == Script.DELETE);
  }

  private byte[][] withFence(byte[]... more) {
    byte[][] all = new byte[FENCE + more.length][];
    all[0] = opening.state().own().toBytes();
    all[1] = opening.token();
    all[2] = opening.epoch().getBytes(US_ASCII);
    all[FENCE - 1] = text(position.writes());
    System.arraycopy(more, 0, all, FENCE, more.length);
    return all;
  }

  private Mono<Answer> judge(Answer answer) {
    if (answer.word().equals("RANGE")) {
      return Mono.error(
          new IllegalArgumentException(
              "that packet is not kept: those from %s to below %s are"
                  .formatted(answer.text(1), answer.text(2))));
    }
    if (!answer.isOk()) {
      return Mono.error(Failures.of(keys, answer));
    }
    // The script was applied in time, but its answer came too late: the lease is over, so the
    // result must not be used.
    ChannelStoreException end = lease.end();
    return end == null ? Mono.just(answer) : Mono.error(end);
  }

  private ChannelStoreException endsUnlessFull(ChannelStoreException failure) {
    if (failure.kind() != Kind.FULL) {
      lease.end(failure);
    }
    return failure;
  }

  @Override
  public Mono<Void> close() {
    return closing;
  }

  private Mono<Void> release() {
    lease.end(Failures.closed());
    renewal.dispose();
    return call(Script.CLOSE, leaseLength, () -> {})
        .doOnError(
            failure ->
                LOG.debug(
                    "the lease of {} was not given back, and ends by itself",
                    keys.state(),
                    failure))
        .onErrorComplete()
        .then();
  }

  @Override
  public Mono<Void> delete() {
    return Mono.defer(() -> run(Script.DELETE, () -> {}).then(close()));
  }

  private static byte[] text(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }

  @Override
  public String toString() {
    return "RedisChannel(" + keys.state() + ")";
  }
}
