package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.CidrList;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.internal.AddressText;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Dials by a SOCKS proxy that is a script, and so says what a real one says seldom. */
class SocksProxyTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String ONION =
      "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion";

  private final Queue<DialEvent> events = new ConcurrentLinkedQueue<>();
  private final DisposablePeerServer server =
      PeerServer.create().host("127.0.0.1").handle(peer -> peer.send(peer.receive())).bindNow();

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
  }

  private ScriptedSocks socks(int status) throws IOException {
    return new ScriptedSocks(server.address(), status, null);
  }

  private Mono<PeerConnection<Pkt>> dial(UnaryOperator<PeerClient<Pkt>> changes) {
    return changes.apply(PeerClient.create().doOnDial(events::add)).connect();
  }

  private PeerException failure(UnaryOperator<PeerClient<Pkt>> changes) {
    DialException failed =
        catchThrowableOfType(DialException.class, () -> dial(changes).block(LIMIT));
    assertThat(failed).isNotNull();
    return failed;
  }

  @Test
  void aNameIsTheProxysToResolve() throws Exception {
    for (boolean slow : new boolean[] {false, true}) {
      try (ScriptedSocks socks = socks(0)) {
        socks.slow = slow;
        PeerConnection<Pkt> peer =
            dial(client -> client.proxy(socks.proxy()).remote(ONION, 9735)).block(LIMIT);
        peer.send(Mono.just(Hello.packet())).block(LIMIT);
        assertThat(peer.receive().blockFirst(LIMIT).getError().getProblem()).isEqualTo("hello");
        assertThat(AddressText.of(peer.remoteAddress())).isEqualTo(ONION + ":9735");
        assertThat(socks.asked).containsExactly('"' + ONION + "\":9735");
        peer.close().block(LIMIT);
      }
    }
    assertThat(events)
        .filteredOn(DialEvent.Resolved.class::isInstance)
        .allSatisfy(
            event ->
                assertThat(((DialEvent.Resolved) event).addresses())
                    .allMatch(address -> ((InetSocketAddress) address).isUnresolved()));
  }

  @Test
  void anAddressGoesThroughTheProxyToo() throws Exception {
    try (ScriptedSocks socks = socks(0)) {
      UnaryOperator<PeerClient<Pkt>> by = client -> client.proxy(socks.proxy());
      dial(client -> by.apply(client).remote("192.0.2.1", 9735)).block(LIMIT).dispose();
      dial(client -> by.apply(client).remote("2001:db8::1", 9735)).block(LIMIT).dispose();
      assertThat(socks.asked).containsExactly("192.0.2.1:9735", "2001:db8:0:0:0:0:0:1:9735");
      assertThat(
              failure(
                      client ->
                          by.apply(client)
                              .remote("192.0.2.1", 9735)
                              .dialOnly(CidrList.of("192.0.2.0/24").negate()))
                  .reason())
          .isEqualTo(Reason.ADDRESS_REFUSED);
    }
  }

  /** Each user name is a circuit of its own at Tor. */
  @Test
  void aProxyThatAsksGetsUserNameAndPassword() throws Exception {
    try (ScriptedSocks socks = new ScriptedSocks(server.address(), 0, "alice:wonderland")) {
      dial(client ->
              client
                  .proxy(socks.proxy().credentials("alice", "wonderland"))
                  .remote("node.example", 1))
          .block(LIMIT)
          .dispose();
      assertThat(socks.asked).containsExactly("alice:wonderland@\"node.example\":1");

      for (SocksProxy wrong :
          List.of(socks.proxy(), socks.proxy().credentials("alice", "not this secret"))) {
        PeerException refused = failure(client -> client.proxy(wrong).remote("node.example", 1));
        assertThat(refused.reason()).isEqualTo(Reason.PROXY_REFUSED);
        assertThat(refused.toString()).doesNotContain("secret");
      }
    }
  }

  @Test
  void aPasswordIsNeverTold() {
    SocksProxy proxy = SocksProxy.of("localhost", 9050).credentials("alice", "secret");
    assertThat(proxy).hasToString("SocksProxy[localhost:9050]");
    assertThat(proxy.credentials().toString()).doesNotContain("secret", "alice");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> proxy.credentials("alice", "secret".repeat(50)))
        .withMessage("the password of a proxy has 1 to 255 characters, not 300");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> proxy.credentials("alice", "höllisch"))
        .withMessage("the password of a proxy has characters of US-ASCII only");
    assertThatIllegalArgumentException().isThrownBy(() -> proxy.credentials("", "secret"));
    assertThatIllegalArgumentException().isThrownBy(() -> SocksProxy.of("localhost", 0));
  }

  @ParameterizedTest
  @CsvSource({
    "1, CONNECT_FAILED", "2, PROXY_REFUSED", "3, CONNECT_FAILED", "4, CONNECT_FAILED",
    "5, CONNECT_FAILED", "6, CONNECT_FAILED", "7, PROXY_REFUSED", "8, PROXY_REFUSED",
    "240, CONNECT_FAILED"
  })
  void whatTheProxySaysIsTyped(int status, Reason reason) throws Exception {
    try (ScriptedSocks socks = socks(status)) {
      PeerException failed =
          failure(client -> client.proxy(socks.proxy()).remote("node.example", 1));
      assertThat(failed.reason()).isEqualTo(reason);
      assertThat(failed).hasMessageContaining("by the proxy at " + AddressText.of(socks.address()));
    }
  }

  @Test
  void aProxyThatIsNotThereIsUnreachable() throws Exception {
    int port;
    try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = gone.getLocalPort();
    }
    PeerException failed =
        failure(client -> client.proxy(SocksProxy.of("127.0.0.1", port)).remote("node.example", 1));
    assertThat(failed.reason()).isEqualTo(Reason.PROXY_UNREACHABLE);
    assertThat(failed)
        .hasMessageContaining("by the proxy at 127.0.0.1:%d: Connection refused".formatted(port));
    assertThat(
            failure(
                    client ->
                        client
                            .proxy(SocksProxy.of("proxy.invalid", 9050))
                            .tcp(tcp -> tcp.resolver(new FixedResolver()))
                            .remote("node.example", 1))
                .reason())
        .isEqualTo(Reason.PROXY_UNREACHABLE);
  }

  @Test
  void allAddressesOfAProxyAreTried() throws Exception {
    try (ScriptedSocks socks = socks(0)) {
      SocksProxy named = SocksProxy.of("proxy.example", socks.address().getPort());
      dial(client ->
              client
                  .proxy(named)
                  .tcp(tcp -> tcp.resolver(new FixedResolver("127.0.0.9", "127.0.0.1")))
                  .remote("node.example", 1))
          .block(LIMIT)
          .dispose();
      assertThat(socks.asked).containsExactly("\"node.example\":1");
    }
  }

  /** The peer's own server takes the greeting for no session key, and ends the connection. */
  @Test
  void whatIsNoProxyIsUnreachable() throws Exception {
    SocksProxy other = SocksProxy.of("127.0.0.1", server.port());
    assertThat(failure(client -> client.proxy(other).remote("node.example", 1)).reason())
        .isEqualTo(Reason.PROXY_UNREACHABLE);
    try (ServerSocket closes = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closes.setSoTimeout((int) LIMIT.toMillis());
      Thread closing =
          new Thread(
              () -> {
                try (Socket client = closes.accept()) {
                  client.getInputStream().read();
                } catch (IOException e) {
                  // The test has failed.
                }
              });
      closing.start();
      SocksProxy mute = SocksProxy.of("127.0.0.1", closes.getLocalPort());
      assertThat(failure(client -> client.proxy(mute).remote("node.example", 1)).reason())
          .isEqualTo(Reason.PROXY_UNREACHABLE);
      closing.join();
    }
  }

  @Test
  void aProxyThatSaysNothingIsGivenUp() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      silent.setSoTimeout((int) LIMIT.toMillis());
      SocksProxy proxy = SocksProxy.of("127.0.0.1", silent.getLocalPort());
      assertThat(
              failure(
                      client ->
                          client
                              .proxy(proxy)
                              .connectTimeout(Duration.ofMillis(100))
                              .remote("node.example", 1))
                  .reason())
          .isEqualTo(Reason.PROXY_UNREACHABLE);
    }
  }

  @Test
  void aCancelledDialEndsItsConnectionWithTheProxy() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      silent.setSoTimeout((int) LIMIT.toMillis());
      SocksProxy proxy = SocksProxy.of("127.0.0.1", silent.getLocalPort());
      Disposable dial =
          dial(client ->
                  client
                      .proxy(proxy)
                      .connectTimeout(LIMIT.multipliedBy(10))
                      .remote("node.example", 1))
              .subscribe();
      try (Socket client = silent.accept()) {
        client.setSoTimeout((int) LIMIT.toMillis());
        assertThat(client.getInputStream().readNBytes(3)).containsExactly(5, 1, 0);
        client.getOutputStream().write(new byte[] {5, 0});
        // The request to connect, of a name, by when TCP's connection has long been made.
        assertThat(client.getInputStream().readNBytes(19)).startsWith(5, 1, 0, 3, 12);
        dial.dispose();
        assertThat(client.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  /** RFC 7686: the name must not leave this machine but by a proxy of Tor's. */
  @Test
  void anOnionIsNeverLookedUp() {
    for (String name : List.of(ONION, "a.B.OnIoN", ONION + ".")) {
      PeerException failed = failure(client -> client.remote(name, 9735));
      assertThat(failed.reason()).isEqualTo(Reason.NAME_NOT_RESOLVED);
      assertThat(failed).hasMessageContaining("only a proxy of Tor's reaches " + name);
    }
  }
}
