package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerTimeoutException;
import io.fluxwire.Reason;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.request.RequestHandlers;
import io.fluxwire.request.RequestSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Requests between clients, links, groups and servers over TCP. */
@Timeout(60)
class RequestsTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private enum Kind {
    ASK,
    ANSWER,
    SAY
  }

  private record Word(Kind kind, long id, String text) {

    static final PacketCodec<Word> CODEC =
        new PacketCodec<>() {
          @Override
          public ByteBuf encode(Word word, ByteBufAllocator allocator) {
            String text = word.kind + " " + word.id + " " + word.text;
            return ByteBufUtil.writeUtf8(allocator, text);
          }

          @Override
          public Word decode(ByteBuf payload) {
            String[] parts = payload.toString(StandardCharsets.UTF_8).split(" ", 3);
            return new Word(Kind.valueOf(parts[0]), Long.parseLong(parts[1]), parts[2]);
          }
        };

    static Word ask(String text) {
      return new Word(Kind.ASK, 0, text);
    }

    static RequestSpec<Word> requests() {
      return RequestSpec.of(
          word -> word.kind == Kind.ANSWER ? word.id : 0,
          (word, id) -> new Word(word.kind, id, word.text));
    }
  }

  private final NodeKey serverKey = NodeKey.generate();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
  }

  private void listen(UpgradePolicy upgrade) {
    RequestHandlers<Word, Kind> handlers =
        RequestHandlers.by(Word::kind).onRequest(Kind.ASK, (peer, word) -> answer(word));
    server =
        PeerServer.create(serverKey, Word.CODEC)
            .host("127.0.0.1")
            .upgrade(upgrade)
            .requests(Word.requests().handlers(handlers))
            .bindNow();
  }

  private static Mono<Word> answer(Word word) {
    return switch (word.text()) {
      case "never" -> Mono.never();
      case "bug" -> Mono.error(new IllegalStateException("a secret"));
      default -> Mono.just(new Word(Kind.ANSWER, word.id(), "re " + word.text()));
    };
  }

  private PeerClient<Word> client() {
    return PeerClient.create(NodeKey.generate(), Word.CODEC)
        .remote(server.address())
        .expect(server.id())
        .requests(Word.requests());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void manyAskAtOnceByALink(boolean upgraded) {
    listen(upgraded ? UpgradePolicy.allowed() : UpgradePolicy.off());
    try (PeerLink<Word> link = client().link()) {
      List<String> answers =
          Flux.range(0, 5_000)
              .flatMapSequential(i -> link.request(Word.ask("" + i)), 500)
              .map(Word::text)
              .collectList()
              .block(LIMIT);
      assertThat(answers)
          .containsExactlyElementsOf(Flux.range(0, 5_000).map(i -> "re " + i).toIterable());
    }
  }

  @Test
  void aTimeoutLeavesTheConnectionAndAFailedHandlerEndsIt() {
    listen(UpgradePolicy.allowed());
    PeerConnection<Word> peer =
        client().requests(Word.requests().timeout(Duration.ofMillis(50))).connectNow(LIMIT);
    assertThatThrownBy(() -> peer.request(Word.ask("never")).block(LIMIT))
        .isInstanceOfSatisfying(
            PeerTimeoutException.class,
            late -> assertThat(late.reason()).isEqualTo(Reason.REQUEST_TIMEOUT));
    assertThat(peer.isDisposed()).isFalse();
    PeerConnection<Word> other = client().connectNow(LIMIT);
    assertThatThrownBy(() -> other.request(Word.ask("bug")).block(LIMIT))
        .isInstanceOfSatisfying(
            ConnectionClosedException.class,
            told -> assertThat(told.problem()).isEqualTo("the application failed"));
    peer.close().block(LIMIT);
  }

  @Test
  void membersOfAGroupAskEachOther() {
    NodeKey key = NodeKey.generate();
    RequestSpec<Word> requests =
        Word.requests()
            .handlers(
                RequestHandlers.by(Word::kind).onRequest(Kind.ASK, (peer, word) -> answer(word)));
    List<String> received = new CopyOnWriteArrayList<>();
    try (PeerGroup<Word> here = PeerGroup.of(key.id());
        PeerGroup<Word> there = PeerGroup.of(serverKey.id())) {
      there.receive().subscribe(word -> received.add(word.packet().text()));
      here.receive().subscribe();
      server =
          PeerServer.create(serverKey, Word.CODEC)
              .host("127.0.0.1")
              .requests(requests)
              .handle(there::accept)
              .bindNow();
      here.add(server.id(), client().nodeKey(key).requests(requests));
      here.changes().next().block(LIMIT);
      there.changes().next().block(LIMIT);

      assertThat(here.request(server.id(), Word.ask("a")).block(LIMIT).text()).isEqualTo("re a");
      assertThat(there.request(key.id(), Word.ask("b")).block(LIMIT).text()).isEqualTo("re b");
      here.send(server.id(), Mono.just(new Word(Kind.SAY, 0, "c"))).block(LIMIT);
      here.request(server.id(), Word.ask("d")).block(LIMIT);
      assertThat(received).containsExactly("c");
      assertThatThrownBy(() -> here.request(NodeKey.generate().id(), Word.ask("e")).block(LIMIT))
          .isInstanceOf(ConnectionClosedException.class);
    }
  }
}
