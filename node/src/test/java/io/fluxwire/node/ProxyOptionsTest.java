package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProxyOptionsTest {

  private final Said out = new Said();
  private final Said err = new Said();

  private int run(String... args) {
    return Main.run(new Output("out", out, false), new Output("err", err, true), args);
  }

  @Test
  void thePasswordIsTheFirstLineOfItsFile(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("password");
    Files.writeString(file, "wonderland\nand more\n");
    byte[] login = new byte[18];
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout(30_000);
      Thread proxy =
          new Thread(
              () -> {
                try (Socket client = server.accept()) {
                  client.getInputStream().readNBytes(4);
                  client.getOutputStream().write(new byte[] {5, 2});
                  client.getInputStream().readNBytes(login, 0, login.length);
                  client.getOutputStream().write(new byte[] {1, 1});
                } catch (IOException e) {
                  // The test sees what it has read.
                }
              });
      proxy.start();
      String url = "socks5://alice@127.0.0.1:" + server.getLocalPort();
      assertThat(
              run("hello", "node.onion:9735", "--proxy", url, "--proxy-password", file.toString()))
          .isEqualTo(1);
      proxy.join();
    }
    assertThat(new String(login, StandardCharsets.US_ASCII))
        .isEqualTo("\u0001\u0005alice\nwonderland");
    assertThat(err.toString())
        .contains("it does not take this user name and password")
        .doesNotContain("wonderland");
  }

  @Test
  void aPasswordIsNotTakenFromTheCommandLine() {
    assertThat(run("hello", "h:1", "--proxy", "socks5://alice:wonderland@p:1")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--proxy-password FILE takes it")
        .doesNotContain("wonderland");
  }
}
