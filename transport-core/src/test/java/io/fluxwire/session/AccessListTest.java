package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeId;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.AccessList;
import io.fluxwire.access.Candidate;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.proto.Pkt;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

class AccessListTest {

  private final NodeKey key = NodeKey.generate();
  private final NodeId other = NodeKey.generate().id();

  @Test
  void friendsAreLetInAndNobodyElse() {
    AccessList list = AccessList.nobodyBut(List.of(key.id()));
    assertThat(isLetIn(list)).isTrue();
    assertThat(list.isAllowed(other)).isFalse();
  }

  @Test
  void unwantedAreRefusedAndNobodyElse() {
    AccessList list = AccessList.anyoneBut(List.of(key.id()));
    assertThat(isLetIn(list)).isFalse();
    assertThat(list.isAllowed(other)).isTrue();
  }

  @Test
  void changeCountsFromTheNextHandshakeOn() {
    for (AccessList list :
        List.of(AccessList.nobodyBut(List.of(other)), AccessList.anyoneBut(List.of()))) {
      list.deny(key.id());
      assertThat(isLetIn(list)).isFalse();
      list.allow(key.id());
      assertThat(isLetIn(list)).isTrue();
      list.deny(key.id());
      assertThat(isLetIn(list)).isFalse();
      assertThat(list.isAllowed(other)).isTrue();
    }
  }

  /** The answer is that of the time when it is asked for. */
  @Test
  void changeWhileADecisionIsAwaitedCounts() {
    AccessList list = AccessList.nobodyBut(List.of());
    var decision = list.authorize(Candidate.of(key.id(), new InetSocketAddress(9735)));
    list.allow(key.id());
    assertThat(decision.block()).isTrue();
  }

  @Test
  void listThatIsChangedToAndFroDoesNotGrow() {
    AccessList list = AccessList.anyoneBut(List.of());
    for (int i = 0; i < 3; i++) {
      NodeId peer = NodeKey.generate().id();
      list.deny(peer);
      list.allow(peer);
    }
    assertThat(list).hasToString("AccessList[anyone but 0]");
  }

  @Test
  void listenersHearOfEachDenialUntilTheyAreDone() {
    AccessList list = AccessList.nobodyBut(List.of(key.id()));
    List<NodeId> denied = new ArrayList<>();
    Consumer<NodeId> listener = peer -> denied.add(list.isAllowed(peer) ? null : peer);
    Disposable listening = list.onDeny(listener);
    Disposable again = list.onDeny(listener);
    list.onDeny(
        peer -> {
          throw new IllegalStateException("a listener's fault");
        });
    list.allow(other);
    list.deny(other);
    assertThat(denied).containsExactly(other, other);
    again.dispose();
    list.deny(key.id());
    assertThat(denied).containsExactly(other, other, key.id());
    listening.dispose();
    list.deny(other);
    assertThat(denied).hasSize(3);
  }

  private boolean isLetIn(AccessList list) {
    SessionPair<Pkt> pair =
        SessionPair.of(
                PacketCodec.pkt(),
                spec -> spec.nodeKey(key),
                spec -> spec.authorizer(list),
                Long.MAX_VALUE)
            .establish();
    boolean in = pair.acceptor.connection != null;
    if (!in) {
      assertThat(((PeerException) pair.acceptor.failure).reason()).isEqualTo(Reason.NOT_AUTHORIZED);
    }
    pair.close();
    return in;
  }
}
