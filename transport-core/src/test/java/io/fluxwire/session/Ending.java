package io.fluxwire.session;

import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.PeerConnection;
import io.fluxwire.SessionParameters.Protocol;
import io.fluxwire.access.Authorizer;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.NoiseCipher;
import io.fluxwire.handshake.UpgradePolicy.Mode;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The ways in which a session, or its handshake, can end; all leave the same behind: nothing. */
@SuppressWarnings("ImmutableEnumChecker") // its functions keep nothing
enum Ending {
  CLOSED(pair -> pair.dialer.connected().close().subscribe()),
  DISPOSED(pair -> pair.acceptor.connected().dispose()),
  LOST(pair -> pair.dialersDuplex().dispose()),
  CLOSED_WITHOUT_A_RECEIVER(pair -> pair.acceptor.connected().close().subscribe(), false),
  BYTES_BROKEN_OFF(pair -> {}, 40),
  KEY_BROKEN_OFF(pair -> {}, 10),
  AUTHENTICATE_BROKEN_OFF(pair -> {}, 33 + 60),
  GARBLED(
      pair ->
          pair.dialersDuplex()
              .write(io.netty.buffer.Unpooled.wrappedBuffer(new byte[100]), failure -> {})),
  REFUSED(spec -> spec, spec -> spec.authorizer(Authorizer.allowing(List.of()))),
  NEVER_AUTHORIZED(spec -> spec, spec -> spec.authorizer(peer -> Mono.never())),
  ANOTHER_EXPECTED(spec -> spec.expected(NodeKey.generate().id()), spec -> spec),
  SIGNER_FAILED(
      spec -> spec, spec -> spec.nodeKey(signer(Mono.error(new IllegalStateException("no HSM"))))),
  DIALERS_SIGNER_FAILED(spec -> spec.nodeKey(signer(Mono.empty())), spec -> spec),
  SIGNER_SILENT(spec -> spec, spec -> spec.nodeKey(signer(Mono.never()))),
  CANCELLED_WHILE_SIGNING(
      spec -> spec,
      spec -> spec.nodeKey(signer(Mono.never())),
      pair -> pair.acceptor.subscription.dispose()),
  CANCELLED_WHILE_AUTHORIZING(
      spec -> spec,
      spec -> spec.authorizer(peer -> Mono.never()),
      pair -> pair.acceptor.subscription.dispose());

  private final UnaryOperator<SessionSpec<Pkt>> dialer;
  private final UnaryOperator<SessionSpec<Pkt>> acceptor;
  private final Consumer<SessionPair<Pkt>> end;
  private final long dialersLimit;
  private final boolean received;

  Ending(Consumer<SessionPair<Pkt>> end) {
    this(end, true);
  }

  Ending(Consumer<SessionPair<Pkt>> end, boolean received) {
    this(spec -> spec, spec -> spec, end, Long.MAX_VALUE, received);
  }

  Ending(Consumer<SessionPair<Pkt>> end, long dialersLimit) {
    this(spec -> spec, spec -> spec, end, dialersLimit, true);
  }

  Ending(UnaryOperator<SessionSpec<Pkt>> dialer, UnaryOperator<SessionSpec<Pkt>> acceptor) {
    this(dialer, acceptor, pair -> {});
  }

  Ending(
      UnaryOperator<SessionSpec<Pkt>> dialer,
      UnaryOperator<SessionSpec<Pkt>> acceptor,
      Consumer<SessionPair<Pkt>> end) {
    this(dialer, acceptor, end, Long.MAX_VALUE, true);
  }

  Ending(
      UnaryOperator<SessionSpec<Pkt>> dialer,
      UnaryOperator<SessionSpec<Pkt>> acceptor,
      Consumer<SessionPair<Pkt>> end,
      long dialersLimit,
      boolean received) {
    this.dialer = dialer;
    this.acceptor = acceptor;
    this.end = end;
    this.dialersLimit = dialersLimit;
    this.received = received;
  }

  private static NodeIdentity signer(Mono<byte[]> answer) {
    NodeId id = NodeKey.generate().id();
    return new NodeIdentity() {
      @Override
      public NodeId id() {
        return id;
      }

      @Override
      public Mono<byte[]> sign(byte[] hash) {
        return answer;
      }

      @Override
      public Mono<byte[]> agree(byte[] publicKey) {
        return answer;
      }
    };
  }

  /**
   * Begins a session that will end like this, as far as its handshake goes, and uses it.
   *
   * @param speaking sets what both sides speak: version 3, it with post-quantum secrecy and one
   *     cipher, or BOLT 8
   */
  SessionPair<Pkt> begin(UnaryOperator<SessionSpec<Pkt>> speaking, Secrets secrets) {
    AtomicReference<@Nullable SessionSpec<Pkt>> dialers = new AtomicReference<>();
    AtomicReference<@Nullable SessionSpec<Pkt>> acceptors = new AtomicReference<>();
    AtomicReference<byte[][]> sessionKeys = new AtomicReference<>();
    SeenProofs proofs = new SeenProofs();
    SessionPair<Pkt> pair =
        SessionPair.of(
                PacketCodec.pkt(),
                spec -> {
                  dialers.set(speaking.apply(spec));
                  return dialer.apply(dialers.get());
                },
                spec -> {
                  acceptors.set(speaking.apply(spec));
                  sessionKeys.set(seed(secrets, dialers.get(), acceptors.get()));
                  return acceptor.apply(acceptors.get());
                },
                dialersLimit)
            .withRecords(proofs);
    secrets.add(name() + ": dialer's node key", pair.dialerKey);
    secrets.add(name() + ": acceptor's node key", pair.acceptorKey);
    pair.establish();
    // A pair that no handshake has come to take is the spec's, not of this session.
    acceptors.get().keys().destroy();
    if (proofs.withUpgrade().size() == 2) {
      Aead cipher = acceptors.get().upgrade().ciphers().get(0);
      secrets.upgraded(name(), cipher, proofs.withUpgrade(), sessionKeys.get());
    }
    use(pair.dialer);
    use(pair.acceptor);
    pair.settle();
    return pair;
  }

  /** The public keys of version 3's session; none of BOLT 8's. */
  private byte[][] seed(Secrets secrets, SessionSpec<Pkt> dialers, SessionSpec<Pkt> acceptors) {
    if (dialers.dialects().contains(io.fluxwire.handshake.Dialect.BOLT8)) {
      secrets.seedBolt8(name(), dialers, acceptors);
      return new byte[0][];
    }
    if (acceptors.upgrade().mode() != Mode.OFF) {
      secrets.seed(name(), acceptors.keys().kems());
    }
    return secrets.seed(name(), dialers.keys().sessions(), acceptors.keys().sessions());
  }

  private void use(SessionPair.Side<Pkt> side) {
    PeerConnection<Pkt> connection = side.connection;
    if (connection == null) {
      return;
    }
    connection.send(Flux.just(Hello.packet(), Hello.packet())).subscribe(null, e -> {});
    if (received) {
      connection.receive().subscribe(packet -> {}, e -> {});
    }
    if (connection.session().protocol() == Protocol.BOLT8) {
      // Half of what a key seals, since each packet has its length besides; and then one that
      // another cipher seals.
      Flux<Pkt> rotating = Flux.range(0, NoiseCipher.SEALS / 2).map(i -> Hello.packet());
      connection
          .send(rotating.concatWithValues(Unknown.packet("x".repeat(1_000))))
          .subscribe(null, e -> {});
    } else if (connection.session().aead() != null) {
      connection.rotateKeys().subscribe(null, e -> {});
      connection.send(Flux.just(Hello.packet())).subscribe(null, e -> {});
    }
  }

  /** Ends it, and waits for longer than any timeout. */
  void end(SessionPair<Pkt> pair) {
    end.accept(pair);
    pair.settle();
    pair.pass(Duration.ofMinutes(2));
    pair.dialerKey.destroy();
    pair.acceptorKey.destroy();
  }
}
