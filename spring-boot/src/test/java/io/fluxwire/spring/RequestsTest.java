package io.fluxwire.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.dial.PeerLink;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.request.RequestHandlers;
import io.fluxwire.request.RequestSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

class RequestsTest {

  enum Kind {
    QUESTION,
    ANSWER
  }

  /** A packet of an application's own. */
  record Word(Kind kind, long id, String text) {}

  static final class Codec implements PacketCodec<Word> {

    @Override
    public ByteBuf encode(Word word, ByteBufAllocator allocator) {
      return ByteBufUtil.writeUtf8(
          allocator, "%s %16d %s".formatted(word.kind(), word.id(), word.text()));
    }

    @Override
    public Word decode(ByteBuf payload) {
      String[] parts = payload.toString(StandardCharsets.UTF_8).split(" +", 3);
      return new Word(Kind.valueOf(parts[0]), Long.parseLong(parts[1]), parts[2]);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Words {

    @Bean
    Codec codec() {
      return new Codec();
    }

    @Bean
    RequestSpec<Word> requests() {
      return RequestSpec.of(
          word -> word.kind() == Kind.ANSWER ? word.id() : 0,
          (word, id) -> new Word(word.kind(), id, word.text()));
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Answering {

    @Bean
    RequestHandlers<Word, Kind> handlers() {
      return RequestHandlers.<Word, Kind>by(Word::kind)
          .onRequest(
              Kind.QUESTION,
              (peer, word) -> Mono.just(new Word(Kind.ANSWER, word.id(), word.text() + "!")));
    }
  }

  @Test
  void requestsAreAskedByALinkAndAnsweredByHandlers() {
    Contexts.node()
        .withUserConfiguration(Words.class, Answering.class)
        .withPropertyValues("fluxwire.server.host=127.0.0.1", "fluxwire.server.port=0")
        .run(
            service -> {
              DisposablePeerServer server = Contexts.server(service);
              Contexts.client(server)
                  .withUserConfiguration(Words.class)
                  .run(
                      caller -> {
                        PeerLink<Word> link = caller.getBean(FluxwireClients.class).link("echo");
                        Word answer =
                            link.request(new Word(Kind.QUESTION, 0, "ready")).block(Contexts.LIMIT);
                        assertThat(answer).isNotNull();
                        assertThat(answer.text()).isEqualTo("ready!");
                      });
            });
  }

  @Test
  void handlersThatNothingReachesFail() {
    Contexts.node()
        .withUserConfiguration(Answering.class)
        .withPropertyValues("fluxwire.server.port=0")
        .run(
            context -> {
              FailureAnalysis analysis =
                  new FluxwireFailureAnalyzer().analyze(context.getStartupFailure());
              assertThat(analysis).isNotNull();
              assertThat(analysis.getDescription()).contains("RequestSpec");
            });
  }
}
