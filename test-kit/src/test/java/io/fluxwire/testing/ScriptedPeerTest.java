package io.fluxwire.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.session.SessionSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The scripted peer and a node agree, and the node says what each wrong step was. */
class ScriptedPeerTest {

  private static final byte[] PAYLOAD = "sixteen or more bytes".getBytes(UTF_8);

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final MemoryDuplex.Pair ends = MemoryDuplex.pair(time);
  private final NodeKey nodeKey = NodeKey.generate();
  private final NodeKey peerKey = NodeKey.generate();
  private final List<byte[]> received = new ArrayList<>();
  private @Nullable PeerConnection<ByteBuf> connection;
  private @Nullable Throwable failure;

  private ScriptedPeer peer(Role nodes) {
    MemoryDuplex nodesEnd = nodes == Role.DIALER ? ends.dialer() : ends.acceptor();
    SessionSpec.of(nodeKey)
        .codec(PacketCodec.raw())
        .curveScheduler(time)
        .establish(nodesEnd, nodes)
        .subscribe(this::connected, error -> failure = error);
    return ScriptedPeer.over(nodes == Role.DIALER ? ends.acceptor() : ends.dialer());
  }

  private void connected(PeerConnection<ByteBuf> peer) {
    connection = peer;
    peer.receive().map(ByteBufUtil::getBytes).subscribe(received::add, error -> failure = error);
  }

  @AfterEach
  void close() {
    ends.dialer().dispose();
    time.advanceTime();
  }

  private Reason reason() {
    assertThat(failure).isInstanceOf(PeerException.class);
    return ((PeerException) failure).reason();
  }

  @Test
  void meetsANodeInEitherRole() {
    for (Role role : Role.values()) {
      MemoryDuplex.Pair own = MemoryDuplex.pair(time);
      List<PeerConnection<?>> connected = new ArrayList<>();
      boolean dials = role == Role.DIALER;
      SessionSpec.of(nodeKey)
          .curveScheduler(time)
          .establish(dials ? own.dialer() : own.acceptor(), role)
          .subscribe(connected::add);
      ScriptedPeer peer = ScriptedPeer.over(dials ? own.acceptor() : own.dialer());
      peer.sendSessionKey().expectSessionKey().sendAuthenticate(peerKey);
      assertThat(peer.expectAuthenticate()).isEqualTo(nodeKey.id());
      assertThat(connected).hasSize(1).allMatch(node -> node.remoteId().equals(peerKey.id()));
      peer.reset();
    }
  }

  @Test
  void packetsGoBothWaysAndTheEndIsSeen() {
    ScriptedPeer peer = peer(Role.ACCEPTOR).handshake(peerKey);
    peer.sendPacket(PAYLOAD);
    connection.send(Mono.fromSupplier(() -> Unpooled.copiedBuffer(PAYLOAD))).subscribe();
    assertThat(peer.expectPacket()).isEqualTo(PAYLOAD);
    assertThat(received).containsExactly(PAYLOAD);
    connection.close().subscribe();
    peer.expectEnd();
  }

  @Test
  void aTotalThatGoesBackIsFound() {
    ScriptedPeer peer = peer(Role.ACCEPTOR).handshake(peerKey);
    peer.send(peer.frame(new byte[16], 1));
    assertThat(reason()).isEqualTo(Reason.TOTLEN_BACKWARDS);
  }

  @Test
  void paddingThatIsNotZeroIsFound() {
    ScriptedPeer peer = peer(Role.ACCEPTOR).handshake(peerKey);
    int authenticate = peer.authenticate(peerKey).length;
    byte[] padded = new byte[32];
    padded[31] = 1;
    peer.send(peer.frame(padded, authenticate + 17));
    assertThat(reason()).isEqualTo(Reason.PADDING_NOT_ZERO);
  }

  @Test
  void aFrameThatWasChangedIsFound() {
    ScriptedPeer peer = peer(Role.ACCEPTOR).handshake(peerKey);
    byte[] frame = peer.frame(PAYLOAD);
    frame[frame.length - 1] ^= 1;
    peer.send(frame);
    assertThat(reason()).isEqualTo(Reason.MAC_MISMATCH);
    assertThat(received).isEmpty();
  }

  @Test
  void aSpoiltProofIsFound() {
    ScriptedPeer peer = peer(Role.ACCEPTOR).sendSessionKey().expectSessionKey();
    byte[] proof = peer.authenticate(peerKey);
    proof[50] ^= 1;
    peer.sendPacket(proof);
    assertThat(reason()).isEqualTo(Reason.SIGNATURE_INVALID);
  }

  @Test
  void breakingOffIsSeenByTheNodeAndByThePeer() {
    ScriptedPeer peer = peer(Role.ACCEPTOR).handshake(peerKey);
    connection.dispose();
    peer.expectBreak();
    assertThat(connection.onClose().block().reason()).isEqualTo(Reason.CLOSED_LOCALLY);
  }

  @Test
  void saysSoWhenNothingComes() {
    ScriptedPeer peer = peer(Role.ACCEPTOR).handshake(peerKey);
    assertThatThrownBy(peer::expectPacket).isInstanceOf(AssertionError.class);
    assertThatThrownBy(peer::expectEnd).isInstanceOf(AssertionError.class);
    peer.end();
    assertThat(connection.onClose().block().reason()).isEqualTo(Reason.CLOSED_BY_PEER);
  }
}
