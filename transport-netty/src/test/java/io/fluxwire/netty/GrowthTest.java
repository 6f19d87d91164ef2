package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.DialException;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.tcp.TcpClient;

/**
 * What a process holds does not grow with what it has done: heap, descriptors, threads and meters
 * are where they were. {@code -Dfluxwire.growth.scale=100} is the whole of it, of which each build
 * does a slice.
 */
@Timeout(3600)
@SuppressWarnings("deprecation") // executor meters are, and people have them
class GrowthTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int SCALE = Integer.getInteger("fluxwire.growth.scale", 1);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private DisposablePeerServer server;

  private void listen() {
    server =
        PeerServer.create()
            .host("127.0.0.1")
            .limits(limits -> InboundLimits.none())
            .handle(peer -> peer.send(peer.receive()))
            .bindNow();
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.disposeNow(LIMIT);
    }
    Schedulers.disableMetrics();
    Metrics.removeRegistry(meters);
  }

  /** A few times first, for what is made once. */
  private static void again(String what, int slice, IntConsumer once) throws Exception {
    for (int i = 0; i < 50; i++) {
      once.accept(i);
    }
    Footprint before = Footprint.now();
    int count = slice * SCALE;
    for (int i = 0; i < count; i++) {
      once.accept(i);
    }
    Footprint after = before.awaitAgain(count);
    System.out.printf("growth: %,d %s: %s before, %s after%n", count, what, before, after);
  }

  private static void meet(PeerClient<Pkt> client) {
    client
        .connect()
        .flatMap(
            peer ->
                peer.send(Mono.just(Hello.packet()))
                    .then(peer.receive().next())
                    .delayUntil(answer -> peer.close()))
        .block(LIMIT);
  }

  @Test
  void clients() throws Exception {
    listen();
    again("clients", 100, i -> meet(PeerClient.create().remote("localhost", server.port())));
  }

  @Test
  void connections() throws Exception {
    Metrics.addRegistry(meters);
    Schedulers.enableMetrics();
    listen();
    PeerClient<Pkt> client =
        PeerClient.create()
            .remote(server.address())
            .meterRegistry(meters)
            .observationRegistry(ObservationRegistry.create());
    again("connections", 100, i -> meet(client));
  }

  @Test
  void dialsOfNamesThatDnsDoesNotAnswer() throws Exception {
    try (ZoneServer silence = new ZoneServer()) {
      Names names =
          new Names(
              new Dns(
                  silence::serve,
                  HostsFile.ofSystem(),
                  Duration.ofSeconds(30),
                  Duration.ofSeconds(5),
                  Schedulers.parallel()));
      again(
          "dials of silent names",
          100,
          i -> {
            Disposable dial =
                PeerClient.create()
                    .remote(
                        names.source(
                            InetSocketAddress.createUnresolved("n" + i + ".example.", 9735),
                            TcpClient.newConnection()))
                    .connect()
                    .subscribe(peer -> {}, failure -> {});
            while (silence.asked().size() < 2) {
              Thread.onSpinWait();
            }
            dial.dispose();
            silence.asked().clear();
          });
    }
  }

  @Test
  void dialsThatAreCancelled() throws Exception {
    try (ServerSocket silence = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      again(
          "dials that are cancelled",
          100,
          i -> {
            Disposable dial =
                PeerClient.create()
                    .remote("localhost", silence.getLocalPort())
                    .connect()
                    .subscribe(peer -> {}, failure -> {});
            try (Socket accepted = silence.accept()) {
              // Its session key: the handshake is under way.
              accepted.getInputStream().readNBytes(33);
              dial.dispose();
              assertThat(accepted.getInputStream().readAllBytes()).isEmpty();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  @Test
  void dialsThatFail() throws Exception {
    again(
        "dials that fail",
        100,
        i ->
            PeerClient.create()
                .remote("localhost", 1)
                .connect()
                .onErrorComplete(DialException.class)
                .block(LIMIT));
  }

  @Test
  void servers() throws Exception {
    again(
        "servers",
        10,
        i -> {
          listen();
          meet(PeerClient.create().remote(server.address()));
          server.disposeNow(LIMIT);
        });
  }
}
