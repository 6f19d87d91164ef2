package io.fluxwire.spring;

import static io.fluxwire.spring.Contexts.client;
import static io.fluxwire.spring.Contexts.connection;
import static io.fluxwire.spring.Contexts.echo;
import static io.fluxwire.spring.Contexts.node;
import static io.fluxwire.spring.Contexts.saysHello;
import static io.fluxwire.spring.Contexts.server;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.PeerConnection;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.observe.TrafficListener;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@ExtendWith(OutputCaptureExtension.class)
class LifecycleTest {

  /** The process's own, which all nodes share: daemons. */
  private static final String SHARED = "(reactor-tcp-\\w+|parallel|boundedElastic)-#";

  @Test
  void nothingStaysBehindOfAContextAndASecondOneIsNoOther() throws Exception {
    Set<String> before = threads();
    for (int run = 0; run < 2; run++) {
      AtomicReference<DisposablePeerServer> listening = new AtomicReference<>();
      AtomicReference<PeerConnection<Pkt>> dialled = new AtomicReference<>();
      AtomicReference<PeerLink<?>> link = new AtomicReference<>();
      echo()
          .run(
              service -> {
                listening.set(server(service));
                client(server(service))
                    .run(
                        caller -> {
                          link.set(caller.getBean(PeerLink.class));
                          dialled.set(connection(caller));
                          assertThat(saysHello(dialled.get())).isTrue();
                        });
              });

      // Closing a context waits for these: they are not awaited here.
      assertThat(listening.get().onDispose().toFuture()).isCompleted();
      assertThat(listening.get().peerCount()).isZero();
      assertThat(link.get().onDispose().toFuture()).isCompleted();
      assertThat(dialled.get().onDispose().toFuture()).isCompleted();
    }
    // Those of the curve end when they are idle for 10 s.
    Contexts.await(
        "no other thread than before, but those that the process shares",
        () ->
            threads().stream()
                .filter(name -> !before.contains(name))
                .allMatch(name -> name.matches(SHARED)));
  }

  /** Names without their numbers. */
  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(thread -> thread.getName().replaceAll("\\d+", "#"))
        .collect(Collectors.toSet());
  }

  @Test
  void itStartsAgainAfterAStop() {
    echo()
        .run(
            service -> {
              DisposablePeerServer first = server(service);
              service.stop();
              assertThat(first.onDispose().toFuture()).isCompleted();
              assertThatThrownBy(() -> server(service)).isInstanceOf(IllegalStateException.class);
              service.start();
              assertThat(server(service)).isNotSameAs(first);
              client(server(service))
                  .run(
                      caller -> {
                        assertThat(saysHello(connection(caller))).isTrue();
                        caller.stop();
                        caller.start();
                        // The links are there as long as the beans that use them.
                        assertThat(connection(caller).isDisposed()).isFalse();
                      });
            });
  }

  @Test
  void linksEndWithTheContext() {
    AtomicReference<FluxwireClients> clients = new AtomicReference<>();
    echo()
        .run(
            service ->
                client(server(service))
                    .run(caller -> clients.set(caller.getBean(FluxwireClients.class))));

    PeerLink<Pkt> link = clients.get().link("echo");
    assertThat(link.isDisposed()).isTrue();
  }

  /** Sends without end to whoever does not read. */
  private static Mono<Void> flood(PeerConnection<Pkt> peer) {
    return peer.send(Flux.generate(sink -> sink.next(Hello.packet())));
  }

  private static PeerHandler<Pkt> flooding() {
    return LifecycleTest::flood;
  }

  /** What the sockets of one side take of what is handed to them. */
  private static final class Written implements SessionListener, TrafficListener {

    /** A sender that is only not scheduled stands still as well, but not for two seconds. */
    private static final int OBSERVATIONS = 200;

    private final AtomicLong handed = new AtomicLong();
    private final AtomicLong taken = new AtomicLong();

    @Override
    public TrafficListener traffic(SessionInfo session) {
      return this;
    }

    @Override
    public void onWrite(int bytes) {
      handed.addAndGet(bytes);
    }

    @Override
    public void onWriteDone(int bytes) {
      taken.addAndGet(bytes);
    }

    PeerServerCustomizer<Pkt> ofServer() {
      return server -> server.observe(this);
    }

    PeerClientCustomizer<Pkt> ofClient() {
      return (name, client) -> client.observe(this);
    }

    /** Waits until bytes are left that the socket does not take, however often one looks. */
    void awaitFullSocket() throws InterruptedException {
      AtomicLong seen = new AtomicLong(-1);
      AtomicInteger unchanged = new AtomicInteger();
      Contexts.await(
          "the socket is full",
          () -> {
            long now = taken.get();
            boolean isStuck = now == seen.getAndSet(now) && handed.get() > now;
            return unchanged.updateAndGet(count -> isStuck ? count + 1 : 0) >= OBSERVATIONS;
          });
    }
  }

  @Test
  void whatWasNotDeliveredIsReported(CapturedOutput output) throws Exception {
    Written written = new Written();
    AtomicReference<PeerConnection<Pkt>> deaf = new AtomicReference<>();
    node()
        .withBean(PeerHandler.class, () -> flooding())
        .withBean(PeerServerCustomizer.class, written::ofServer)
        .withPropertyValues(
            "fluxwire.server.host=127.0.0.1",
            "fluxwire.server.port=0",
            // Longer than the phase has: it is the phase that ends it.
            "fluxwire.server.timeouts.drain=1h",
            "fluxwire.server.timeouts.write=0s",
            "spring.lifecycle.timeout-per-shutdown-phase=1s")
        .run(
            service -> {
              deaf.set(
                  PeerClient.create()
                      .remote("127.0.0.1", server(service).port())
                      .connect()
                      .block(Contexts.LIMIT));
              written.awaitFullSocket();
            });

    // The context waits no longer than the phase may take, of which a tenth is left.
    awaitReport(
        output,
        "WARN .*FluxwireServer .* is stopped: 0 connections drained, 1 aborted, not"
            + " delivered: [1-9]");
    deaf.get().disposeNow();
  }

  private static void awaitReport(CapturedOutput output, String pattern)
      throws InterruptedException {
    Pattern report = Pattern.compile(pattern);
    Contexts.await("the report", () -> report.matcher(output).find());
  }

  @Test
  void whatALinkDidNotDeliverIsReportedToo(CapturedOutput output) throws Exception {
    Written written = new Written();
    node()
        .withBean(PeerHandler.class, () -> deaf())
        .withPropertyValues("fluxwire.server.host=127.0.0.1", "fluxwire.server.port=0")
        .run(
            service ->
                client(server(service))
                    .withBean(PeerClientCustomizer.class, written::ofClient)
                    .withPropertyValues(
                        "fluxwire.clients.echo.timeouts.drain=0s",
                        "fluxwire.clients.echo.timeouts.write=0s")
                    .run(
                        caller -> {
                          flood(connection(caller)).onErrorComplete().subscribe();
                          written.awaitFullSocket();
                        }));

    // The connection's end is not awaited by what reports it.
    awaitReport(output, "WARN .*FluxwireClients echo: .* has ended, not delivered: [1-9]");
  }

  private static PeerHandler<Pkt> deaf() {
    return peer -> peer.onDispose();
  }

  /** Starts last, and fails. */
  private static final class Failing implements SmartLifecycle {

    @Override
    public void start() {
      throw new IllegalStateException("on purpose");
    }

    @Override
    public void stop() {}

    @Override
    public boolean isRunning() {
      return false;
    }
  }

  @Test
  void aStartThatFailsLaterLeavesNoPortOpen() throws Exception {
    AtomicInteger port = new AtomicInteger();
    echo()
        .withBean(Failing.class)
        .withBean(PeerServerCustomizer.class, () -> onBound(server -> port.set(server.port())))
        .run(context -> assertThat(context).hasFailed());

    assertThat(port.get()).isPositive();
    new ServerSocket(port.get(), 1, InetAddress.getLoopbackAddress()).close();
  }

  private static PeerServerCustomizer<Pkt> onBound(Consumer<DisposablePeerServer> listener) {
    return server -> server.doOnBound(listener);
  }

  @Test
  void aPortThatIsTakenFailsTheStart() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      echo()
          .withPropertyValues("fluxwire.server.port=" + taken.getLocalPort())
          .run(
              context ->
                  assertThat(context.getStartupFailure())
                      .hasStackTraceContaining(BindException.class.getSimpleName())
                      .hasStackTraceContaining(String.valueOf(taken.getLocalPort())));
    }
  }
}
