package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.dial.PeerLink;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A listener's page, as a user runs it. */
@Timeout(120)
class ListenPageTest {

  private MainProcess listener;

  @AfterEach
  void kill() throws InterruptedException {
    listener.kill();
  }

  @Test
  void aListenerServesItsPageWhereItSays() throws Exception {
    listener = new MainProcess("listen", "--host", "127.0.0.1", "--port", "0", "--http", "0");
    URI page = URI.create(listener.line("page http://127.0.0.1:").substring("page ".length()));

    assertThat(get(page).body()).contains("<title>Fluxwire</title>");
    // Peers can come in a moment after the page is there, and its health says so.
    String health = get(page.resolve("/health")).body();
    while (health.contains("\"status\":\"starting\"")) {
      health = get(page.resolve("/health")).body();
    }
    assertThat(health).contains("\"status\":\"up\"");
    assertThat(get(page.resolve("/peers")).body()).contains("\"count\":0");
    assertThat(get(page.resolve("/metrics")).body()).contains("jvm_memory_used_bytes");
  }

  @Test
  void aPeerByAUnixSocketIsShownWithItsPath(@TempDir Path folder) throws Exception {
    Path path = folder.resolve("node.sock");
    listener = new MainProcess("listen", "--unix", path.toString(), "--http", "0");
    URI page = URI.create(listener.line("page http://127.0.0.1:").substring("page ".length()));
    // It listens for peers after that; until then there is no file.
    try (PeerLink<Pkt> link = PeerClient.create().remote(UnixDomainSocketAddress.of(path)).link()) {
      link.connection().block(Duration.ofSeconds(60));
      // The node has it a moment after this side does.
      String peers = get(page.resolve("/peers")).body();
      while (peers.contains("\"count\":0")) {
        peers = get(page.resolve("/peers")).body();
      }

      assertThat(peers).contains("\"count\":1", "\"address\":\"unix:" + path + "\"");
    }
  }

  private static HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }
}
