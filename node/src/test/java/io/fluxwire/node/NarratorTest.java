package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.ByteString;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.Hello;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

/** What a program reads of the command line. */
@ExtendWith(NoStandardInput.class)
class NarratorTest {

  private final Said out = new Said();
  private final Said err = new Said();

  private int run(String... args) {
    return Main.run(new Output("out", out, false), new Output("err", err, true), args);
  }

  private List<JsonNode> lines() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : out.toString().lines().toList()) {
      lines.add(JsonMapper.builder().build().readTree(line));
    }
    return lines;
  }

  @Test
  void helloAnswersInJson() throws IOException {
    DisposablePeerServer server =
        PeerServer.create()
            .host("127.0.0.1")
            .handle(peer -> peer.send(Mono.just(Hello.packet())).and(peer.receive()))
            .bindNow();
    try {
      assertThat(run("hello", "127.0.0.1:" + server.port(), "--json")).isZero();
    } finally {
      server.disposeNow(Duration.ofSeconds(30));
    }
    assertThat(out.toString())
        .isEqualTo("{\"event\":\"hello\",\"peer\":\"%s\"}\n".formatted(server.id()));
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void aFailureIsJsonBesideItsLineForAPerson() throws IOException {
    assertThat(run("hello", "nosuch.invalid:1", "--json")).isEqualTo(1);

    assertThat(lines())
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.get("event").asText()).isEqualTo("failed");
              assertThat(line.get("reason").asText()).isEqualTo("NAME_NOT_RESOLVED");
              assertThat(err.toString()).isEqualTo("hello: " + line.get("message").asText() + "\n");
            });
  }

  @Test
  void whatHasNoReasonLeavesItOut() throws IOException {
    assertThat(run("listen", "--key", "/nosuch", "--json")).isEqualTo(1);

    assertThat(lines()).singleElement().satisfies(line -> assertThat(line.has("reason")).isFalse());
  }

  @Test
  void aChannelHasItsOutputForItself() {
    String id = NodeKey.generate().id().toString();

    assertThat(
            run("listen --channel c --store d --key k --json --allow".concat(" " + id).split(" ")))
        .isEqualTo(2);
    assertThat(err.toString()).contains("leave out --json");
  }

  @Test
  void aLineThatIsNoTextIsBase64() {
    assertThat(Narrator.json(Event.Line.of(ByteString.copyFromUtf8("a\"\u001b[1m\u2028é"))))
        .isEqualTo("{\"event\":\"line\",\"text\":\"a\\\"\\u001B[1m\u2028é\"}");
    assertThat(Narrator.json(Event.Line.of(ByteString.copyFrom(new byte[] {(byte) 0xff, 10}))))
        .isEqualTo("{\"event\":\"line\",\"base64\":\"/wo=\"}");
  }
}
