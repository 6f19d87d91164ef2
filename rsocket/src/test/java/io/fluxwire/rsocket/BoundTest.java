package io.fluxwire.rsocket;

import static io.fluxwire.rsocket.Peers.get;
import static io.fluxwire.rsocket.Peers.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.UpgradePolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.frame.RequestResponseFrameCodec;
import io.rsocket.frame.RequestStreamFrameCodec;
import io.rsocket.frame.SetupFrameCodec;
import io.rsocket.util.DefaultPayload;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What a peer does not take waits at its source, or ends the connection. */
@Timeout(180)
class BoundTest {

  private static final int BUDGET = FluxwireRSocket.SEND_BUDGET;

  /** As much as there is for whoever asks, and how much was made of it. */
  private static final class Source implements RSocket {

    final AtomicLong made = new AtomicLong();
    private final byte[] bytes;

    Source(int size) {
      bytes = new byte[size];
    }

    private Payload next() {
      made.addAndGet(bytes.length);
      return DefaultPayload.create(bytes);
    }

    @Override
    public Flux<Payload> requestStream(Payload payload) {
      payload.release();
      return Flux.<Payload>generate(sink -> sink.next(next()));
    }

    @Override
    public Flux<Payload> requestChannel(Publisher<Payload> payloads) {
      return Flux.<Payload>generate(sink -> sink.next(next()))
          .doOnSubscribe(s -> Flux.from(payloads).subscribe(Payload::release));
    }

    @Override
    public Mono<Payload> requestResponse(Payload payload) {
      payload.release();
      return Mono.fromSupplier(this::next);
    }
  }

  private static PeerDuplexConnection accepted(Peers peers) {
    return Eventually.get(() -> peers.accepted.isEmpty() ? null : peers.accepted.get(0));
  }

  /** A peer that asks for all that there is and reads nothing. */
  private static PeerConnection<ByteBuf> deaf(Peers peers, Flux<ByteBuf> requests) {
    PeerConnection<ByteBuf> dialer = peers.bare();
    ByteBuf setup =
        SetupFrameCodec.encode(
            ByteBufAllocator.DEFAULT,
            false,
            3_600_000,
            3_600_000,
            Unpooled.EMPTY_BUFFER,
            "a/b",
            "a/b",
            DefaultPayload.create(""));
    dialer
        .sendOne(PackedFrames.pack(List.of(setup), ByteBufAllocator.DEFAULT))
        .thenMany(
            requests.concatMap(
                frame ->
                    dialer.sendOne(PackedFrames.pack(List.of(frame), ByteBufAllocator.DEFAULT))))
        .subscribe(null, e -> {});
    return dialer;
  }

  private static ByteBuf streamRequest(int id) {
    return RequestStreamFrameCodec.encode(
        ByteBufAllocator.DEFAULT, id, false, Integer.MAX_VALUE, null, Unpooled.EMPTY_BUFFER);
  }

  @Test
  void streamsOfAPeerThatReadsNothingWait() {
    for (int size : new int[] {1024, 1024 * 1024}) {
      for (int streams : new int[] {1, size == 1024 ? 100 : 4}) {
        Source source = new Source(size);
        try (Peers peers = new Peers(SocketAcceptor.with(source))) {
          PeerConnection<ByteBuf> dialer =
              deaf(peers, Flux.range(0, streams).map(i -> streamRequest(2 * i + 1)));
          PeerDuplexConnection connection = accepted(peers);
          // The same is seen again and again once nothing moves any more.
          Eventually.still(() -> connection.sendingStreams() < streams ? -1 : connection.held());

          assertThat(connection.isDisposed()).isFalse();
          assertThat(connection.held()).isBetween(1L, (long) BUDGET);
          dialer.dispose();
          Eventually.get(() -> connection.isDisposed() ? true : null);
        }
      }
    }
  }

  @Test
  void aStreamThatIsReadGoesOnBeyondTheBudget() {
    Source source = new Source(16 * 1024);
    try (Peers peers = new Peers(SocketAcceptor.with(source))) {
      RSocket client = peers.rsocket();
      AtomicLong most = new AtomicLong();
      PeerDuplexConnection connection = accepted(peers);

      long read =
          get(
              client
                  .requestStream(payload("all"))
                  .doOnNext(next -> most.accumulateAndGet(connection.held(), Math::max))
                  .map(
                      next -> {
                        long bytes = next.data().readableBytes();
                        next.release();
                        return bytes;
                      })
                  .take(8 * BUDGET / (16 * 1024))
                  .reduce(0L, Long::sum));

      assertThat(read).isEqualTo(8L * BUDGET);
      assertThat(most.get()).isLessThanOrEqualTo(BUDGET);
      Eventually.get(() -> connection.sendingStreams() == 0 ? true : null);
      client.dispose();
    }
  }

  @Test
  void channelsWaitInBothDirections() {
    Source server = new Source(64 * 1024);
    Source client = new Source(64 * 1024);
    try (Peers peers = new Peers(SocketAcceptor.with(server))) {
      RSocket rsocket = peers.rsocket();
      PeerDuplexConnection connection = accepted(peers);
      AtomicLong most = new AtomicLong();

      get(
          rsocket
              .requestChannel(client.requestStream(payload("")))
              .doOnNext(next -> most.accumulateAndGet(connection.held(), Math::max))
              .doOnNext(Payload::release)
              .take(4L * BUDGET / (64 * 1024))
              .then(Mono.just(true)));

      assertThat(most.get()).isLessThanOrEqualTo(BUDGET);
      assertThat(client.made.get()).isGreaterThan(BUDGET);
      Eventually.get(() -> connection.sendingStreams() == 0 ? true : null);
      rsocket.dispose();
    }
  }

  @Test
  void answersOfAPeerThatReadsNothingEndTheConnectionAtTheBudget() {
    for (UpgradePolicy upgrade : List.of(UpgradePolicy.off(), UpgradePolicy.required())) {
      Source source = new Source(64 * 1024);
      try (Peers peers = new Peers(SocketAcceptor.with(source), upgrade, server -> server)) {
        deaf(
            peers,
            Flux.range(0, 4_000)
                .map(
                    i ->
                        RequestResponseFrameCodec.encode(
                            ByteBufAllocator.DEFAULT,
                            2 * i + 1,
                            false,
                            null,
                            Unpooled.EMPTY_BUFFER)));
        PeerDuplexConnection connection = accepted(peers);

        Throwable end = connection.onClose().materialize().block(Peers.PATIENCE).getThrowable();
        assertThat(end)
            .isInstanceOfSatisfying(
                PeerException.class, e -> assertThat(e.reason()).isEqualTo(Reason.WRITE_STALLED));
        // And the error that says so.
        assertThat(connection.held()).isLessThanOrEqualTo(BUDGET + 1024);
      }
    }
  }

  @Test
  void aPayloadInFragmentsArrivesWhole() {
    byte[] large = new byte[3 * 1024 * 1024];
    new Random(7).nextBytes(large);
    RSocket echo =
        new RSocket() {
          @Override
          public Mono<Payload> requestResponse(Payload payload) {
            return Mono.just(payload);
          }
        };
    for (UpgradePolicy upgrade : List.of(UpgradePolicy.off(), UpgradePolicy.required())) {
      try (Peers peers = new Peers(SocketAcceptor.with(echo), upgrade, server -> server)) {
        RSocket client = peers.rsocket();
        Payload answer = get(client.requestResponse(DefaultPayload.create(large)));

        assertThat(answer.data().equals(Unpooled.wrappedBuffer(large))).isTrue();
        client.dispose();
      }
    }
  }
}
