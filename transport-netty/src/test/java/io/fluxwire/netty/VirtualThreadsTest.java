package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PeerConnection;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.request.RequestHandlers;
import io.fluxwire.request.RequestSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Callers that block: virtual threads may, and event loops are told that they must not. */
@Timeout(60)
class VirtualThreadsTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String REFUSED = "which is not supported in thread ";

  private enum Kind {
    ASK,
    ANSWER,
    SAY
  }

  /** A packet with a number: above 0 it asks, and below 0 it answers. */
  private record Word(long number, String text) {

    static final PacketCodec<Word> CODEC =
        new PacketCodec<>() {
          @Override
          public ByteBuf encode(Word word, ByteBufAllocator allocator) {
            return ByteBufUtil.writeUtf8(allocator, word.number + " " + word.text);
          }

          @Override
          public Word decode(ByteBuf payload) {
            String[] parts = payload.toString(StandardCharsets.UTF_8).split(" ", 2);
            return new Word(Long.parseLong(parts[0]), parts[1]);
          }
        };

    Kind kind() {
      return number > 0 ? Kind.ASK : number < 0 ? Kind.ANSWER : Kind.SAY;
    }

    static RequestSpec<Word> requests() {
      return RequestSpec.of(
          word -> Math.max(0, -word.number), (word, id) -> new Word(id, word.text));
    }
  }

  private DisposablePeerServer server;

  @BeforeEach
  void listen() {
    RequestHandlers<Word, Kind> handlers =
        RequestHandlers.by(Word::kind)
            .onRequest(
                Kind.ASK, (peer, word) -> Mono.just(new Word(-word.number, word.text + "!")));
    server =
        PeerServer.create(NodeKey.generate(), Word.CODEC)
            .host("127.0.0.1")
            .requests(Word.requests().handlers(handlers))
            .handle(peer -> peer.send(peer.receive()))
            .bindNow();
  }

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
  }

  private PeerClient<Word> client() {
    return PeerClient.create(NodeKey.generate(), Word.CODEC)
        .remote(server.address())
        .expect(server.id())
        .requests(Word.requests());
  }

  /** By its name, since what is compiled for Java 17 cannot refer to it. */
  private static ExecutorService virtualThreads() throws ReflectiveOperationException {
    return (ExecutorService)
        Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void virtualThreadsBlockUntilTheyAreAnswered() throws Exception {
    ExecutorService threads = virtualThreads();
    try (PeerLink<Word> link = client().link()) {
      List<Callable<String>> calls = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String text = "word " + i;
        calls.add(
            () -> {
              link.connection().block(LIMIT);
              return link.request(new Word(0, text)).block(LIMIT).text();
            });
      }
      List<String> answers = new ArrayList<>();
      for (Future<String> answer : threads.invokeAll(calls)) {
        answers.add(answer.get());
      }
      assertThat(answers)
          .containsExactlyElementsOf(Flux.range(0, 200).map(i -> "word " + i + "!").toIterable());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void virtualThreadsSendReceiveAndClose() throws Exception {
    ExecutorService threads = virtualThreads();
    try {
      threads.submit(this::sendReceiveAndClose).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } finally {
      threads.shutdownNow();
    }
  }

  /** What waits has waited: all of it is closed when the call returns. */
  private Void sendReceiveAndClose() throws ReflectiveOperationException {
    assertThat(Thread.class.getMethod("isVirtual").invoke(Thread.currentThread())).isEqualTo(true);
    PeerConnection<Word> peer = client().connectNow(LIMIT);
    peer.send(Flux.range(0, 1_000).map(i -> new Word(0, "" + i))).block(LIMIT);
    int next = 0;
    for (Word word : peer.receive().take(1_000).toIterable(8)) {
      assertThat(word.text()).isEqualTo("" + next++);
    }
    assertThat(next).isEqualTo(1_000);
    peer.disposeNow();
    assertThat(isOver(peer.onDispose())).isTrue();

    PeerGroup<Word> group = PeerGroup.of(NodeKey.generate().id());
    group.add(server.id(), client());
    group.awaitPeers(1).block(LIMIT);
    group.close();
    assertThat(isOver(group.onDispose())).isTrue();

    PeerLink<Word> link = client().link();
    link.connection().block(LIMIT);
    link.close();
    assertThat(isOver(link.onDispose())).isTrue();

    server.close();
    assertThat(isOver(server.onDispose())).isTrue();
    assertThat(server.disposeNow()).isNotNull();
    return null;
  }

  private static boolean isOver(Mono<Void> end) {
    return end.toFuture().isDone();
  }

  @Test
  void eventLoopsAreToldThatTheyMustNotBlock() {
    PeerClient<Word> client = client();
    PeerLink<Word> link = client().link();
    PeerConnection<Word> peer = link.connection().block(LIMIT);
    List<Runnable> calls =
        List.of(
            () -> link.connection().block(),
            () -> link.request(new Word(0, "a")).block(),
            () -> client.connectNow(),
            () -> peer.receive().toIterable().forEach(word -> {}),
            peer::disposeNow,
            server::disposeNow);
    for (Runnable call : calls) {
      assertThatThrownBy(() -> onEventLoop(call))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(REFUSED);
    }
    link.close();
  }

  /** Containers close beans on any thread: there it only starts the end. */
  @Test
  void closeOnAnEventLoopDoesNotWait() {
    PeerLink<Word> link = client().link();
    link.connection().block(LIMIT);
    onEventLoop(link::close);
    onEventLoop(server::close);
    link.onDispose().block(LIMIT);
    server.onDispose().block(LIMIT);
  }

  /** Where an answer comes, which is the event loop of a connection. */
  private void onEventLoop(Runnable call) {
    try (PeerLink<Word> other = client().link()) {
      other.request(new Word(0, "now")).doOnNext(answer -> call.run()).block(LIMIT);
    }
  }
}
