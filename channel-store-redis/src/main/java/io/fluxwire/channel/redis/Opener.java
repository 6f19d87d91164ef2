package io.fluxwire.channel.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelState;
import io.fluxwire.channel.ChannelStoreException;
import io.fluxwire.channel.ChannelStoreException.Kind;
import io.fluxwire.record.Incarnation;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Opens channels: checks the settings of Redis, and takes the lease. */
final class Opener {

  private static final Logger LOG = LoggerFactory.getLogger(Opener.class);

  private static final String FORMAT = "fluxwire channel 2";

  /** How often an opening that waits for a lease tries to get it within the length of one lease. */
  private static final int ASKS = 10;

  private final RedisLink link;
  private final StoreConfig config;
  private final SecureRandom random = new SecureRandom();
  private final AtomicBoolean warned = new AtomicBoolean();

  Opener(RedisLink link, StoreConfig config) {
    this.link = link;
    this.config = config;
  }

  Mono<RedisChannel> open(ChannelKey key) {
    return Mono.defer(
        () -> {
          ChannelKeys keys = ChannelKeys.of(config.prefix, config.node, key);
          byte[] token = new byte[Incarnation.SIZE];
          random.nextBytes(token);
          Turn turn = new Turn(keys, token, Incarnation.random(random));
          return untilFree(turn, config.clock.getAsLong()).doOnCancel(() -> abandon(turn));
        });
  }

  /**
   * One opening, with all its attempts.
   *
   * @param keys the channel's keys
   * @param token identifies the opening
   * @param fresh the incarnation to use if the channel is new
   */
  private record Turn(ChannelKeys keys, byte[] token, Incarnation fresh) {}

  /**
   * An answer with further information.
   *
   * @param answer the script's answer
   * @param awaitsSync whether changes have to wait for a sync
   * @param askedAt the time at which the lease began, or slightly before
   */
  private record Taken(Answer answer, boolean awaitsSync, long askedAt) {}

  private Mono<RedisChannel> untilFree(Turn turn, long since) {
    return take(turn)
        .flatMap(
            taken -> {
              Duration waited = Duration.ofNanos(config.clock.getAsLong() - since);
              if (taken.answer().word().equals("HELD")
                  && waited.compareTo(config.waitForLease) < 0) {
                return Mono.delay(config.lease.dividedBy(ASKS), config.timers)
                    .then(Mono.defer(() -> untilFree(turn, since)));
              }
              return opened(turn, taken);
            });
  }

  private Mono<Taken> take(Turn turn) {
    return link.call(config.lease, redis -> tryToTake(redis, turn))
        .onErrorMap(failure -> Failures.of(turn.keys(), failure));
  }

  private Mono<Taken> tryToTake(RedisReactiveCommands<byte[], byte[]> redis, Turn turn) {
    return RedisLink.durability(redis)
        .flatMap(
            durability -> {
              ChannelStoreException refusal = refusal(durability);
              if (refusal != null) {
                return Mono.error(refusal);
              }
              long askedAt = config.clock.getAsLong();
              return RedisLink.run(
                      redis, Script.OPEN, turn.keys().all(), arguments(turn, durability))
                  .delayUntil(
                      answer ->
                          answer.isOk() && durability.awaitsSync()
                              ? link.sync(redis)
                              : Mono.empty())
                  .map(answer -> new Taken(answer, durability.awaitsSync(), askedAt));
            });
  }

  private @Nullable ChannelStoreException refusal(Durability durability) {
    String weakness = durability.weakness();
    if (weakness == null) {
      return null;
    }
    if (!config.allowLoss) {
      return new ChannelStoreException(
          Kind.FAILED,
          "Redis may lose what it reports as stored: %s. Set appendonly to yes and appendfsync to always, or allow it by allowLoss()"
              .formatted(weakness),
          null);
    }
    if (warned.compareAndSet(false, true)) {
      LOG.warn(
          "Redis may lose what it reports as stored: {}. After a restart of Redis, channels are"
              + " refused that were not open meanwhile",
          weakness);
    }
    return null;
  }

  private byte[][] arguments(Turn turn, Durability durability) {
    return new byte[][] {
      FORMAT.getBytes(US_ASCII),
      turn.keys().channel().getBytes(UTF_8),
      turn.token(),
      config.instance.getBytes(UTF_8),
      Long.toString(config.lease.toMillis()).getBytes(US_ASCII),
      turn.fresh().toBytes(),
      (durability.isSynced() ? "1" : "0").getBytes(US_ASCII)
    };
  }

  private Mono<RedisChannel> opened(Turn turn, Taken taken) {
    if (!taken.answer().isOk()) {
      return Mono.error(Failures.of(turn.keys(), taken.answer()));
    }
    ChannelState state;
    try {
      state = state(taken.answer());
    } catch (IllegalArgumentException e) {
      abandon(turn);
      return Mono.error(
          Failures.corrupt(turn.keys(), "its numbers are missing or contradict each other"));
    }
    Lease lease = new Lease(config.lease, config.clock, taken.askedAt());
    RedisChannel channel =
        new RedisChannel(
            link,
            turn.keys(),
            new RedisChannel.Opening(
                turn.token(), taken.answer().text(9), taken.awaitsSync(), state),
            lease,
            config.lease);
    channel.keep(config.timers);
    return Mono.just(channel);
  }

  /**
   * The opening was cancelled, so nobody will use the channel: gives the lease back, if there is
   * one.
   */
  private void abandon(Turn turn) {
    byte[][] arguments = {{}, turn.token()};
    link.call(
            config.lease, redis -> RedisLink.run(redis, Script.CLOSE, turn.keys().all(), arguments))
        .subscribe(
            ignored -> {},
            failure ->
                LOG.debug(
                    "the lease of {} was not given back, and ends by itself",
                    turn.keys().state(),
                    failure));
  }

  private static ChannelState state(Answer answer) {
    return new ChannelState(
        Incarnation.of(answer.parts().get(1)),
        Incarnation.of(answer.parts().get(2)),
        answer.number(3),
        answer.number(4),
        answer.number(5),
        answer.number(6),
        answer.number(7),
        answer.number(8));
  }
}
