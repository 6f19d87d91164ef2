package io.fluxwire.group;

import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.NodeId;
import io.fluxwire.Reason;
import io.fluxwire.group.PeerGroup.Change;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.testing.CallbackLog;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What the code of applications does in a group, and what it cannot. */
class GroupFaultsTest {

  private static final NodeId ONE = NodeKey.generate().id();
  private static final NodeId OTHER = NodeKey.generate().id();

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aDialerThatThrowsLeavesNothingBehind(Throwable thrown) {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    assertThatThrownBy(() -> group.add(OTHER, permission -> raise(thrown))).isSameAs(thrown);
    assertThat(group.health()).isEmpty();
    assertThat(group.remove(OTHER)).isFalse();
    End end = new End(OTHER, time);
    group.add(OTHER, permission -> Flux.concat(Flux.just(end), Flux.never()));
    assertThat(group.peers()).containsExactly(OTHER);
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aPublisherThatThrowsHasGivenUp(Throwable thrown) {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Change<String>> changes = new ArrayList<>();
    group.changes().subscribe(changes::add);
    try (CallbackLog fatal = new CallbackLog()) {
      group.add(OTHER, permission -> Flux.from(subscriber -> raise(thrown)));
    }
    assertThat(changes).containsExactly(new Change.GaveUp<>(OTHER, thrown));
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aMemberWhosePacketsFailEndsAlone(Throwable thrown) {
    for (Flux<String> fails : List.of(Flux.<String>error(thrown), refusing(thrown))) {
      PeerGroup<String> group = PeerGroup.of(ONE, time);
      List<String> packets = new ArrayList<>();
      List<Change<String>> changes = new ArrayList<>();
      group.changes().subscribe(changes::add);
      group.receive().subscribe(received -> packets.add(received.packet()));
      End broken =
          new End(NodeKey.generate().id(), time) {
            @Override
            public Flux<String> receive() {
              return fails;
            }
          };
      End sound = new End(OTHER, time);
      try (CallbackLog fatal = new CallbackLog()) {
        group.accept(broken).subscribe();
      }
      group.accept(sound).subscribe();
      sound.inbox.tryEmitNext("packet");
      assertThat(packets).containsExactly("packet");
      assertThat(broken.isClosed).isTrue();
      assertThat(changes)
          .hasExactlyElementsOfTypes(Change.Joined.class, Change.Left.class, Change.Joined.class);
      assertThat(group.peers()).containsExactly(OTHER);
    }
  }

  private static Flux<String> refusing(Throwable thrown) {
    return new Flux<>() {
      @Override
      public void subscribe(CoreSubscriber<? super String> actual) {
        raise(thrown);
      }
    };
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void aSubscriberThatThrowsEndsAlone(Throwable thrown) {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    List<Throwable> told = new ArrayList<>();
    List<Change<String>> changes = new ArrayList<>();
    group.changes().doOnNext(change -> raise(thrown)).subscribe(change -> {}, told::add);
    group.changes().subscribe(changes::add);
    group.receive().doOnNext(packet -> raise(thrown)).subscribe(packet -> {}, told::add);
    End end = new End(OTHER, time);
    try (CallbackLog fatal = new CallbackLog()) {
      group.accept(end).subscribe();
      end.inbox.tryEmitNext("packet");
    }
    end.end(Reason.CLOSED_BY_PEER);
    assertThat(told).hasSize(2).allMatch(error -> Exceptions.unwrap(error) == thrown);
    assertThat(changes).hasExactlyElementsOfTypes(Change.Joined.class, Change.Left.class);
  }

  @Test
  void whatComesWhenTheReaderHasLeftIsDropped() {
    PeerGroup<String> group = PeerGroup.of(ONE, time);
    End early = new End(OTHER, time);
    End late = new End(NodeKey.generate().id(), time);
    group.receive().subscribe().dispose();
    group.accept(early).subscribe();
    group.accept(late).subscribe();
    assertThat(List.of(early, late))
        .allSatisfy(
            end -> {
              assertThat(end.reads).isTrue();
              assertThat(end.inbox.currentSubscriberCount()).isZero();
            });
  }
}
