package io.fluxwire.session;

import static io.fluxwire.testing.Thrown.raise;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.SignerException;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.CallbackLog;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** Whatever code of the application's throws in a session, the session ends, and nothing hangs. */
class ForeignSessionCodeTest {

  private final CallbackLog log = new CallbackLog();

  @AfterEach
  void stopListening() {
    log.close();
  }

  private static SessionPair<String> pair(
      UnaryOperator<SessionSpec<String>> dialer, UnaryOperator<SessionSpec<String>> acceptor) {
    return SessionPair.of(new Words(), dialer, acceptor, Long.MAX_VALUE);
  }

  private static SessionPair<String> pair() {
    return pair(UnaryOperator.identity(), UnaryOperator.identity());
  }

  /** A codec of 16 letters and more. */
  private static class Words implements PacketCodec<String> {

    @Override
    public ByteBuf encode(String packet, ByteBufAllocator allocator) {
      return Unpooled.wrappedBuffer((packet + "................").getBytes(US_ASCII));
    }

    @Override
    public @Nullable String decode(ByteBuf payload) {
      return payload.toString(US_ASCII);
    }
  }

  private static void bothAreClosed(SessionPair<?> pair) {
    assertThat(pair.dialersDuplex().isDisposed()).isTrue();
    assertThat(pair.acceptorsDuplex().isDisposed()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void anAuthorizerThatThrowsFailsTheHandshakeAtOnce(Throwable thrown) {
    for (Mono<Boolean> decision :
        List.of(Mono.<Boolean>defer(() -> raise(thrown)), Mono.<Boolean>error(thrown))) {
      SessionPair<String> pair =
          pair(UnaryOperator.identity(), spec -> spec.authorizer(peer -> decision));
      pair.establish();
      assertThat(pair.acceptor.failure).isInstanceOf(PeerException.class).hasCause(thrown);
      bothAreClosed(pair);
    }
    SessionPair<String> pair =
        pair(UnaryOperator.identity(), spec -> spec.authorizer(peer -> raise(thrown)));
    pair.establish();
    assertThat(pair.acceptor.failure).isInstanceOf(PeerException.class).hasCause(thrown);
    bothAreClosed(pair);
  }

  /** Throws when it signs, or when it is asked who it is. */
  private record Broken(Throwable thrown, boolean nameless) implements NodeIdentity {

    @Override
    public NodeId id() {
      return nameless ? raise(thrown) : NodeKey.generate().id();
    }

    @Override
    public Mono<byte[]> sign(byte[] hash) {
      return nameless ? NodeKey.generate().sign(hash) : raise(thrown);
    }
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aSignerThatThrowsFailsTheHandshakeAtOnce(Throwable thrown) {
    for (boolean id : new boolean[] {true, false}) {
      SessionPair<String> pair =
          pair(spec -> spec.nodeKey(new Broken(thrown, id)), UnaryOperator.identity());
      pair.establish();
      assertThat(pair.dialer.failure).isInstanceOf(SignerException.class).hasCause(thrown);
      bothAreClosed(pair);
    }
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aCodecThatThrowsWhenItReadsEndsTheConnection(Throwable thrown) {
    PacketCodec<String> broken =
        new Words() {
          @Override
          public String decode(ByteBuf payload) {
            return raise(thrown);
          }
        };
    SessionPair<String> pair = pair(UnaryOperator.identity(), spec -> spec.codec(broken));
    pair.establish();
    List<Throwable> seen = new ArrayList<>();
    pair.acceptor.connected().receive().subscribe(packet -> {}, seen::add);
    pair.dialer.connected().send(Mono.just("one")).subscribe();
    pair.settle();
    assertThat(seen).singleElement().isInstanceOf(PeerException.class);
    assertThat(seen.get(0)).hasCause(thrown);
    assertThat(pair.acceptor.closed)
        .extracting(CloseReason::reason)
        .containsExactly(Reason.APPLICATION_ERROR);
    bothAreClosed(pair);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aCodecThatThrowsWhenItWritesFailsThatSendAlone(Throwable thrown) {
    PacketCodec<String> broken =
        new Words() {
          @Override
          public ByteBuf encode(String packet, ByteBufAllocator allocator) {
            return packet.equals("bad") ? raise(thrown) : super.encode(packet, allocator);
          }
        };
    SessionPair<String> pair = pair(spec -> spec.codec(broken), UnaryOperator.identity());
    pair.establish();
    List<String> packets = new ArrayList<>();
    List<Throwable> seen = new ArrayList<>();
    pair.acceptor.connected().receive().subscribe(packets::add);
    pair.dialer.connected().send(Flux.just("good", "bad", "good")).subscribe(null, seen::add);
    pair.dialer.connected().send(Mono.just("good")).subscribe();
    pair.settle();
    assertThat(seen).containsExactly(thrown);
    assertThat(packets).hasSize(2);
    assertThat(pair.dialer.connected().isDisposed()).isFalse();
    pair.close();
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aCodecWithoutLastWordsEndsTheConnectionAllTheSame(Throwable thrown) {
    PacketCodec<String> silent =
        new Words() {
          @Override
          public ByteBuf encodeError(String problem, ByteBufAllocator allocator) {
            return raise(thrown);
          }
        };
    SessionPair<String> pair =
        pair(
            UnaryOperator.identity(),
            spec -> spec.codec(silent).timeouts(spec.timeouts().idle(Duration.ofSeconds(1))));
    pair.establish();
    pair.acceptor.connected().receive().subscribe(packet -> {}, failure -> {});
    pair.pass(Duration.ofSeconds(2));
    assertThat(pair.acceptor.closed)
        .extracting(CloseReason::reason)
        .containsExactly(Reason.IDLE_TIMEOUT);
    assertThat(log.logged()).containsExactly(thrown);
    bothAreClosed(pair);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aReaderThatThrowsHasLeftAndTheConnectionCanStillBeClosed(Throwable thrown) {
    SessionPair<String> pair = pair().establish();
    List<Throwable> seen = new ArrayList<>();
    pair.acceptor
        .connected()
        .receive()
        .doOnNext(packet -> raise(thrown))
        .subscribe(packet -> {}, seen::add);
    pair.dialer.connected().send(Flux.just("one", "two")).subscribe();
    pair.settle();
    assertThat(seen).containsExactly(thrown);
    assertThat(pair.acceptor.connected().isDisposed()).isFalse();
    pair.dialer.connected().close().subscribe();
    pair.settle();
    assertThat(pair.acceptor.closed)
        .extracting(CloseReason::reason)
        .containsExactly(Reason.CLOSED_BY_PEER);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void whoThrowsWhenAConnectionClosesKeepsNoOtherFromHearingOfIt(Throwable thrown) {
    SessionPair<String> pair = pair().establish();
    List<CloseReason> told = new ArrayList<>();
    pair.dialer.connected().onClose().subscribe(throwing(thrown));
    pair.dialer.connected().undelivered().subscribe(throwing(thrown));
    pair.dialer.connected().onClose().subscribe(told::add);
    pair.dialer.connected().close().subscribe(throwing(thrown));
    pair.dialer.connected().onClose().subscribe(told::add);
    pair.pass(Duration.ofSeconds(10));
    assertThat(told).hasSize(2);
    bothAreClosed(pair);
  }

  private static <T> CoreSubscriber<T> throwing(Throwable thrown) {
    return new BaseSubscriber<>() {
      @Override
      protected void hookOnNext(T value) {
        raise(thrown);
      }

      @Override
      protected void hookOnComplete() {
        raise(thrown);
      }

      @Override
      protected void hookOnError(Throwable failure) {
        raise(thrown);
      }
    };
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aSubscriberThatThrowsAtItsConnectionLeavesNone(Throwable thrown) {
    SessionPair<String> pair = pair().accept();
    List<Throwable> seen = new ArrayList<>();
    SessionSpec.of(NodeKey.generate())
        .codec(new Words())
        .curveScheduler(pair.time)
        .establish(pair.dialersDuplex(), Role.DIALER)
        .doOnNext(connection -> raise(thrown))
        .subscribe(connection -> {}, seen::add);
    pair.settle();
    pair.pass(Duration.ofSeconds(2));
    assertThat(seen).containsExactly(thrown);
    bothAreClosed(pair);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aSubscriberWhoseContextThrowsLeavesNoConnection(Throwable thrown) {
    SessionPair<String> pair = pair();
    List<Throwable> seen = new ArrayList<>();
    SessionSpec.of(NodeKey.generate())
        .establish(pair.dialersDuplex(), Role.DIALER)
        .subscribe(
            new BaseSubscriber<>() {
              @Override
              public Context currentContext() {
                return raise(thrown);
              }

              @Override
              protected void hookOnError(Throwable failure) {
                seen.add(failure);
              }
            });
    pair.settle();
    assertThat(seen).hasSize(1);
    assertThat(pair.dialersDuplex().isDisposed()).isTrue();
  }
}
