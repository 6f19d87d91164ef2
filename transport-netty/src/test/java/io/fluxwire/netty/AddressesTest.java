package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fluxwire.DialException;
import io.fluxwire.HandshakeException;
import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.Reason;
import io.fluxwire.access.CidrList;
import io.fluxwire.dial.AddressSource;
import io.fluxwire.proto.Pkt;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;
import reactor.netty.transport.ProxyProvider;

/** Which addresses are dialled, and which are accepted from. */
class AddressesTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Sinks.One<PeerException> refused = Sinks.one();
  private DisposablePeerServer server;

  @AfterEach
  void stop() {
    server.disposeNow(LIMIT);
  }

  private void listen(PeerServer<?> spec) {
    server =
        spec.host("127.0.0.1")
            .doOnHandshakeFailure(failure -> refused.tryEmitValue(failure.cause()))
            .bindNow();
  }

  @Test
  void connectionFromElsewhereIsClosedBeforeAByteIsSent() throws IOException {
    listen(PeerServer.create().admit(CidrList.of("10.0.0.0/8")));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout((int) LIMIT.toMillis());
      assertThatThrownBy(() -> socket.getInputStream().read()).hasMessage("Connection reset");
    }
    PeerException failure = refused.asMono().block(LIMIT);
    assertThat(failure).isInstanceOf(HandshakeException.class);
    assertThat(failure.reason()).isEqualTo(Reason.ADDRESS_REFUSED);
    assertThat(server.peerCount()).isZero();
  }

  @Test
  void connectionFromAnAdmittedAddressIsServed() {
    listen(
        PeerServer.create()
            .admit(CidrList.of("127.0.0.0/8"))
            .admit(CidrList.of("10.0.0.0/8").negate())
            .handle(peer -> peer.receive().then()));
    assertMeets(PeerClient.create().remote(server.address()));
  }

  @Test
  void addressThatMayNotBeDialledIsNot() {
    AtomicInteger accepted = new AtomicInteger();
    listen(
        PeerServer.create()
            .admit(
                address -> {
                  accepted.incrementAndGet();
                  return true;
                }));
    DialException failure =
        catchThrowableOfType(
            DialException.class,
            () ->
                PeerClient.create()
                    .remote("localhost", server.port())
                    .dialOnly(CidrList.of("127.0.0.0/8", "::1").negate())
                    .connect()
                    .block(LIMIT));
    assertThat(failure.failures())
        .isNotEmpty()
        .allSatisfy(
            attempt -> assertThat(attempt.cause().reason()).isEqualTo(Reason.ADDRESS_REFUSED));
    assertThat(accepted).hasValue(0);
  }

  @Test
  void addressThatPassesIsDialled() {
    listen(PeerServer.create());
    assertMeets(PeerClient.create().remote(server.address()).dialOnly(CidrList.of("127.0.0.0/8")));
  }

  private PeerException refusalOf(PeerClient<?> client) {
    DialException failure =
        catchThrowableOfType(DialException.class, () -> client.connect().block(LIMIT));
    return failure.failures().get(0).cause();
  }

  @Test
  void aNameThatASourceGivesIsTestedByItsAddress() {
    listen(PeerServer.create());
    AddressSource source =
        AddressSource.of(InetSocketAddress.createUnresolved("localhost", server.port()));

    assertThat(
            refusalOf(PeerClient.create().remote(source).dialOnly(CidrList.of("10.0.0.0/8")))
                .reason())
        .isEqualTo(Reason.ADDRESS_REFUSED);
    assertMeets(PeerClient.create().remote(source).dialOnly(CidrList.of("127.0.0.0/8")));
  }

  @Test
  void whatHasNoAddressPassesNoTest(@TempDir Path folder) {
    listen(PeerServer.create());
    AddressSource source =
        AddressSource.of(new DomainSocketAddress(folder.resolve("socket").toString()));

    assertThat(refusalOf(PeerClient.create().remote(source).dialOnly(address -> true)).reason())
        .isEqualTo(Reason.ADDRESS_REFUSED);
    assertThat(refusalOf(PeerClient.create().remote(source)).reason())
        .as("it is not there")
        .isEqualTo(Reason.CONNECT_FAILED);
  }

  @Test
  void aConnectionThatHasNoAddressPassesNoTest(@TempDir Path folder) {
    DomainSocketAddress socket = new DomainSocketAddress(folder.resolve("socket").toString());
    server =
        PeerServer.create()
            .tcp(tcp -> tcp.bindAddress(() -> socket))
            .admit(address -> true)
            .doOnHandshakeFailure(failure -> refused.tryEmitValue(failure.cause()))
            .bindNow();

    assertThatThrownBy(
            () -> PeerClient.create().remote(AddressSource.of(socket)).connect().block(LIMIT))
        .isInstanceOf(DialException.class);
    assertThat(refused.asMono().block(LIMIT).reason()).isEqualTo(Reason.ADDRESS_REFUSED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "0.0.0.0"})
  void anAddressIsTheSameInEachOfItsForms(String form) throws UnknownHostException {
    listen(PeerServer.create());
    // As the JDK never makes one of a text, but others can.
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(form);
    InetAddress address =
        bytes.length == 16
            ? Inet6Address.getByAddress(null, bytes, -1)
            : InetAddress.getByAddress(bytes);
    List<PeerClient<Pkt>> clients =
        List.of(
            PeerClient.create()
                .remote(AddressSource.of(new InetSocketAddress(address, server.port()))),
            PeerClient.create().remote(new InetSocketAddress(address, server.port())),
            PeerClient.create().remote(form, server.port()));

    for (PeerClient<Pkt> client : clients) {
      assertThat(refusalOf(client.dialOnly(CidrList.of("127.0.0.0/8").negate())).reason())
          .isEqualTo(Reason.ADDRESS_REFUSED);
      assertThat(refusalOf(client.dialOnly(one -> !one.isLoopbackAddress())).reason())
          .isEqualTo(Reason.ADDRESS_REFUSED);
      assertMeets(client.dialOnly(CidrList.of("127.0.0.0/8")));
    }
  }

  /** One that would make another address of any. */
  private static final class Astray extends AddressResolverGroup<InetSocketAddress> {
    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
      return new AbstractAddressResolver<>(executor, InetSocketAddress.class) {
        @Override
        protected boolean doIsResolved(InetSocketAddress address) {
          return false;
        }

        @Override
        protected void doResolve(InetSocketAddress address, Promise<InetSocketAddress> promise) {
          promise.setSuccess(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort()));
        }

        @Override
        protected void doResolveAll(
            InetSocketAddress address, Promise<List<InetSocketAddress>> promise)
            throws UnknownHostException {
          InetAddress other = InetAddress.getByName("127.0.0.9");
          promise.setSuccess(List.of(new InetSocketAddress(other, address.getPort())));
        }
      };
    }
  }

  @Test
  void whatWasTestedIsWhatIsDialled() {
    listen(PeerServer.create());
    PeerClient<Pkt> client =
        PeerClient.create()
            .tcp(tcp -> tcp.resolver(new Astray()))
            .dialOnly(CidrList.of("127.0.0.9"))
            .remote("node.example", server.port());

    assertThat(refusalOf(client).reason()).isEqualTo(Reason.CONNECT_FAILED);
  }

  @Test
  void aNameThatTheProxyResolvesIsItsToJudge() throws Exception {
    listen(PeerServer.create());
    try (ServerSocket proxy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      PeerClient<Pkt> client =
          PeerClient.create()
              .tcp(
                  tcp ->
                      tcp.proxy(
                          spec ->
                              spec.type(ProxyProvider.Proxy.HTTP)
                                  .socketAddress((InetSocketAddress) proxy.getLocalSocketAddress())
                                  .nonProxyHosts("direct[.]example")))
              .dialOnly(CidrList.of("10.0.0.0/8"));
      proxy.setSoTimeout((int) LIMIT.toMillis());
      Disposable dial = client.remote("node.example", 9735).connect().subscribe(p -> {}, e -> {});
      try (Socket asked = proxy.accept()) {
        byte[] line = asked.getInputStream().readNBytes("CONNECT node.example:9735".length());
        assertThat(new String(line, StandardCharsets.US_ASCII))
            .isEqualTo("CONNECT node.example:9735");
      }
      dial.dispose();

      assertThat(refusalOf(client.remote("direct.example", 9735)).reason())
          .isEqualTo(Reason.NAME_NOT_RESOLVED);
    }
  }

  @Test
  void whatIsMadeForTheTcpClientIsMadeOnce() {
    listen(PeerServer.create());
    AtomicInteger made = new AtomicInteger();
    PeerClient<Pkt> client =
        PeerClient.create()
            .tcp(
                tcp -> {
                  made.incrementAndGet();
                  return tcp;
                });
    assertMeets(client.remote(server.address()));
    assertMeets(client.remote(server.address()));
    assertThat(made).hasValue(1);
  }

  private void assertMeets(PeerClient<?> client) {
    PeerConnection<?> peer = client.connect().block(LIMIT);
    assertThat(peer.remoteId()).isEqualTo(server.id());
    peer.dispose();
  }
}
