package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeys;
import io.fluxwire.crypto.StreamCipher;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.handshake.v3.Authenticator;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.fluxwire.record.v3.Frames;
import io.fluxwire.testing.MemoryDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

class DroppedInputTest {

  private static final Secp256k1 CURVE = Secp256k1.preferred();

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final MemoryDuplex.Pair duplexes = MemoryDuplex.pair(time);

  /** Frames that came with the authenticate and are never asked for keep their end from showing. */
  @Test
  void keysOfInputThatARefusalLeavesUnreadAreWiped() {
    Sinks.One<Boolean> decision = Sinks.one();
    SessionSpec<Pkt> spec =
        SessionSpec.of(NodeKey.generate())
            .curveScheduler(time)
            .authorizer(peer -> decision.asMono());
    AtomicReference<Establishment<Pkt>> handshake = new AtomicReference<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Mono.<PeerConnection<Pkt>>create(
            sink -> {
              handshake.set(
                  new Establishment<>(
                      spec,
                      spec.handshake(Frames.SUITE),
                      duplexes.acceptor(),
                      Role.ACCEPTOR,
                      sink));
              handshake.get().start();
            })
        .subscribe(connection -> {}, failure::set);
    sayAllAtOnceAndEnd();
    StreamCipher opening = cipher(handshake.get());
    assertThat(opening.isDestroyed()).isFalse();
    decision.tryEmitValue(false).orThrow();
    time.advanceTime();
    assertThat(((PeerException) failure.get()).reason()).isEqualTo(Reason.NOT_AUTHORIZED);
    assertThat(opening.isDestroyed()).isTrue();
    duplexes.dialer().dispose();
    duplexes.acceptor().dispose();
    time.advanceTime();
  }

  private void sayAllAtOnceAndEnd() {
    SessionKeyPair pair = SessionKeyPair.generate(CURVE, new SecureRandom());
    MemoryDuplex duplex = duplexes.dialer();
    duplex.write(Unpooled.wrappedBuffer(pair.publicKey()), failed -> {});
    AtomicReference<byte[]> theirs = new AtomicReference<>();
    duplex
        .receive()
        .take(1)
        .subscribe(buffer -> theirs.set(ByteBufUtil.getBytes(buffer.readSlice(33))));
    time.advanceTime();
    byte[] ours = pair.publicKey();
    SessionKeys keys = SessionKeys.agree(CURVE, pair, theirs.get());
    Pkt proof =
        new Authenticator(NodeKey.generate(), ours, null, CURVE).prove(theirs.get()).block();
    ByteBuf all = Unpooled.buffer();
    Flux.just(proof, Hello.packet())
        .map(packet -> Unpooled.wrappedBuffer(packet.toByteArray()))
        .cast(ByteBuf.class)
        .transform(Frames.seal(keys.sending(), duplex.allocator()))
        .doOnNext(
            frame -> {
              all.writeBytes(frame);
              frame.release();
            })
        .blockLast();
    duplex.write(all, failed -> {});
    duplex.shutdownOutput();
    time.advanceTime();
    keys.destroy();
  }

  private static StreamCipher cipher(Establishment<Pkt> handshake) {
    Object opener = Secrets.field(handshake, "secured", Secured.class).opener();
    return Secrets.field(opener, "cipher", StreamCipher.class);
  }
}
