package io.fluxwire.fleet.jgroups;

import static io.fluxwire.fleet.jgroups.Member.LIMIT;
import static io.fluxwire.fleet.jgroups.Member.await;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fluxwire.NodeId;
import io.fluxwire.NodeIdentity;
import io.fluxwire.fleet.engine.FleetEngineException;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jgroups.JChannel;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.TCPPING;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Who comes without the fleet's key gets nothing and is logged, and the fleet lives on. */
@Tag("slow")
@Timeout(180)
class StrangersTest {

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final NodeKey key = NodeKey.generate();
  private final List<Integer> ports = Ports.free(4);
  private final List<Member> joined = new ArrayList<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger("io.fluxwire.fleet");
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void listen() {
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void leave() {
    joined.forEach(Member::leave);
    logger.detachAppender(logged);
  }

  private JGroupsEngine engine(int instance, String fleet, NodeIdentity with) {
    return JGroupsEngine.builder(fleet, with, Ports.all(ports))
        .bind(LOOPBACK)
        .port(ports.get(instance))
        .build();
  }

  private Member join(int instance) {
    return join(instance, "shop");
  }

  private Member join(int instance, String fleet) {
    Member member = Member.join("i" + instance, engine(instance, fleet, key));
    joined.add(member);
    return member;
  }

  /** What is logged of those who were refused, by instances that are told apart by nothing. */
  private List<String> warnings() {
    return List.copyOf(logged.list).stream()
        .filter(event -> event.getLevel() == Level.WARN)
        .map(ILoggingEvent::getFormattedMessage)
        .filter(line -> line.contains("did not show the fleet's key"))
        .toList();
  }

  private void assertFleetLives(Member one, Member other) {
    one.send(other, "still there?");
    await("the message", () -> other.messages.contains(one.id.name() + ": still there?"));
    assertThat(one.members()).containsExactlyInAnyOrder(one.id, other.id);
  }

  private Socket connect(int instance) throws IOException {
    Socket socket = new Socket(LOOPBACK, ports.get(instance));
    // A test that waits for ever says nothing.
    socket.setSoTimeout((int) LIMIT.toMillis());
    return socket;
  }

  /** Reads until the other side closes. */
  private static byte[] readAll(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    List<Byte> all = new ArrayList<>();
    try {
      for (int next = in.read(); next >= 0; next = in.read()) {
        all.add((byte) next);
      }
    } catch (SocketException e) {
      // Closed hard, which is as good.
    }
    byte[] bytes = new byte[all.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = all.get(i);
    }
    return bytes;
  }

  @Test
  void anInstanceWithAnotherKeyIsRefused() {
    Member first = join(0);
    Member second = join(1);
    first.awaitMembers(2);
    Member other = new Member("other");
    JGroupsEngine withOtherKey = engine(2, "shop", NodeKey.generate());

    assertThatThrownBy(() -> withOtherKey.join(other.id, other).block(LIMIT))
        .isInstanceOfSatisfying(
            FleetEngineException.class,
            e -> assertThat(e.kind()).isEqualTo(FleetEngineException.Kind.REFUSED))
        .hasMessageContaining("has another key");

    await("a warning", () -> !warnings().isEmpty());
    assertFleetLives(first, second);
  }

  /** As it ends for who finds another key, when the connection is gone before its word for that. */
  @Test
  void whoBreaksAHandshakeOffIsToldOf() throws IOException {
    Member first = join(0);
    Socket stranger = connect(0);
    // The first bytes of a ClientHello.
    stranger.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, -4});
    stranger.setSoLinger(true, 0);
    stranger.close();

    await("a warning", () -> !warnings().isEmpty());
    assertThat(first.members()).containsExactly(first.id);
  }

  @Test
  void garbageGetsNothingAndOneLineAMinute() throws IOException {
    Member first = join(0);
    Member second = join(1);
    first.awaitMembers(2);

    for (int i = 0; i < 5; i++) {
      try (Socket stranger = connect(0)) {
        stranger.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(US_ASCII));
        // TLS' alert has 7 bytes.
        assertThat(readAll(stranger)).hasSizeLessThanOrEqualTo(7);
      }
    }

    await("a warning", () -> !warnings().isEmpty());
    assertFleetLives(first, second);
    assertThat(warnings()).singleElement().asString().startsWith("refused 1 connections");
  }

  @Test
  void whoSaysNothingHoldsUpNobody() throws IOException {
    Member first = join(0);
    List<Socket> strangers = new ArrayList<>();
    for (int i = 0; i < 2 * TlsServerSocket.MAX_HANDSHAKES + 1; i++) {
      strangers.add(connect(0));
    }

    Member second = join(1);

    first.awaitMembers(2);
    await("a warning", () -> !warnings().isEmpty());
    assertThat(warnings().get(0)).contains("took too long");
    for (Socket stranger : strangers) {
      assertThat(readAll(stranger)).isEmpty();
      stranger.close();
    }
    assertFleetLives(first, second);
  }

  @Test
  void aClientWithoutACertificateGetsNothing() throws Exception {
    join(0);
    SSLContext trusting = SSLContext.getInstance("TLS");
    trusting.init(null, new TrustManager[] {new TrustsAll()}, null);

    try (SSLSocket stranger =
        (SSLSocket) trusting.getSocketFactory().createSocket(LOOPBACK, ports.get(0))) {
      stranger.startHandshake();
      assertThatThrownBy(
              () -> {
                // What another engine would send first, if it comes to that.
                stranger.getOutputStream().write(new byte[64]);
                stranger.getInputStream().read();
              })
          .isInstanceOf(IOException.class);
    }

    await("a warning", () -> !warnings().isEmpty());
    assertThat(joined.get(0).members()).hasSize(1);
  }

  /** Takes any server for the fleet's. */
  private static final class TrustsAll implements X509TrustManager {

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  void jgroupsWithoutTlsFindsNobody() throws Exception {
    Member first = join(0);

    TCP tcp = new TCP();
    tcp.setBindAddr(LOOPBACK).setBindPort(ports.get(3)).setPortRange(0);
    TCPPING ping = new TCPPING();
    ping.initialHosts(List.of(new InetSocketAddress(LOOPBACK, ports.get(0)))).setPortRange(0);
    GMS membership = new GMS().printLocalAddress(false);
    try (JChannel stranger =
        new JChannel(tcp, ping, new NAKACK2(), new UNICAST3(), membership).name("stranger")) {
      stranger.connect("shop");

      assertThat(stranger.getView().size()).isEqualTo(1);
      await("a warning", () -> !warnings().isEmpty());
    }
    assertThat(first.members()).containsExactly(first.id);
  }

  @Test
  void fleetsOfOtherNamesDoNotSeeEachOther() {
    Member shop = join(0, "shop");
    Member depot = join(1, "depot");
    Member second = join(2, "shop");

    shop.awaitMembers(2);
    assertThat(second.members()).containsExactlyInAnyOrder(shop.id, second.id);
    assertThat(depot.members()).containsExactly(depot.id);
  }

  @Test
  void anIdentityThatOnlySignsIsRefused() {
    NodeIdentity signer =
        new NodeIdentity() {
          @Override
          public NodeId id() {
            return key.id();
          }

          @Override
          public Mono<byte[]> sign(byte[] hash) {
            return key.sign(hash);
          }
        };
    Member member = new Member("signer");
    JGroupsEngine engine = engine(0, "shop", signer);

    assertThatThrownBy(() -> engine.join(member.id, member).block(LIMIT))
        .isInstanceOfSatisfying(
            FleetEngineException.class,
            e -> assertThat(e.kind()).isEqualTo(FleetEngineException.Kind.REFUSED))
        .hasMessageContaining("agree on keys");
  }

  @Test
  void nothingShowsTheKey() {
    assertThat(engine(0, "shop", key).toString())
        .isEqualTo("JGroupsEngine[fleet=shop, port=" + ports.get(0) + "]");
  }
}
