package io.fluxwire.spring;

import static io.fluxwire.spring.Contexts.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.PeerConnection;
import io.fluxwire.access.BanList;
import io.fluxwire.page.MountedPage;
import io.fluxwire.page.NodeMonitor;
import io.fluxwire.page.NodePage;
import io.fluxwire.proto.Pkt;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;
import org.springframework.web.reactive.config.EnableWebFlux;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

/** The page on a WebFlux server, behind a filter of the application's. */
@Timeout(120)
class PageTest {

  private static final String PASSWORD = "Bearer of the operator";

  private final HttpClient http = HttpClient.newHttpClient();

  /** A WebFlux application where whoever has no password gets no further. */
  @Configuration(proxyBeanMethods = false)
  @EnableWebFlux
  static class Guarded {

    @Bean
    AtomicInteger passed() {
      return new AtomicInteger();
    }

    @Bean
    WebFilter authentication(AtomicInteger passed) {
      return (exchange, chain) -> {
        if (PASSWORD.equals(exchange.getRequest().getHeaders().getFirst("Authorization"))) {
          passed.incrementAndGet();
          return chain.filter(exchange);
        }
        exchange.getResponse().setStatusCode(HttpStatus.UNAUTHORIZED);
        return exchange.getResponse().setComplete();
      };
    }
  }

  private static ReactiveWebApplicationContextRunner application() {
    return new ReactiveWebApplicationContextRunner()
        .withConfiguration(Contexts.configurations())
        .withUserConfiguration(Guarded.class, Contexts.Echo.class)
        .withPropertyValues(
            "spring.application.name=orders",
            "fluxwire.node.ephemeral=true",
            "fluxwire.server.host=127.0.0.1",
            "fluxwire.server.port=0");
  }

  @Test
  void theBansThatThereAreAreShown() {
    application()
        .withPropertyValues("fluxwire.page.path=/")
        .withBean(BanList.class, BanList::create)
        .run(
            context ->
                assertThat(context.getBean(NodeMonitor.class))
                    .extracting("bans")
                    .hasToString(context.getBean(BanList.class).toString()));
  }

  private static DisposableServer serve(ApplicationContext context) {
    return HttpServer.create()
        .host("127.0.0.1")
        .handle(
            new ReactorHttpHandlerAdapter(
                WebHttpHandlerBuilder.applicationContext(context).build()))
        .bindNow(LIMIT);
  }

  private static HttpRequest.Builder request(DisposableServer server, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }

  private HttpResponse<String> get(DisposableServer server, String path) throws Exception {
    return http.send(
        request(server, path).header("Authorization", PASSWORD).build(), BodyHandlers.ofString());
  }

  @Test
  void thePageIsAtItsPathForWhomTheFilterLetsThrough() {
    application()
        .withPropertyValues("fluxwire.page.path=/admin/node")
        .run(
            context -> {
              DisposableServer server = serve(context);
              try {
                HttpResponse<String> page = get(server, "/admin/node/");
                assertThat(page.statusCode()).isEqualTo(200);
                assertThat(page.body()).contains("<title>Fluxwire</title>");
                assertThat(page.headers().firstValue("content-type"))
                    .hasValue("text/html; charset=utf-8");
                assertThat(page.headers().firstValue("x-frame-options")).hasValue("DENY");
                assertThat(get(server, "/admin/node").headers().firstValue("location"))
                    .hasValue("node/");
                assertThat(get(server, "/admin/node/health").body()).contains("\"up\"");
                assertThat(get(server, "/admin/node/rows/peers?limit=0").statusCode())
                    .isEqualTo(400);
                assertThat(get(server, "/admin/node/rows/peers").body()).contains("\"rows\":[]");
                assertThat(get(server, "/admin/node/metrics").statusCode()).isEqualTo(404);
                assertThat(get(server, "/admin/nodes").statusCode()).isEqualTo(404);
                assertThat(
                        http.send(
                                request(server, "/admin/node/peers")
                                    .header("Authorization", PASSWORD)
                                    .DELETE()
                                    .build(),
                                BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(405);
              } finally {
                server.disposeNow(LIMIT);
              }
            });
  }

  @Test
  void whoeverTheFilterStopsDoesNotReachIt() {
    application()
        .withPropertyValues("fluxwire.page.path=/admin/node")
        .run(
            context -> {
              DisposableServer server = serve(context);
              try {
                for (String path : new String[] {"", "/", "/page.js", "/events", "/peers"}) {
                  HttpResponse<String> answer =
                      http.send(
                          request(server, "/admin/node" + path).build(), BodyHandlers.ofString());
                  assertThat(answer.statusCode()).isEqualTo(401);
                  assertThat(answer.body()).isEmpty();
                  assertThat(answer.headers().firstValue("x-frame-options")).isEmpty();
                }
                assertThat(context.getBean(AtomicInteger.class)).hasValue(0);
              } finally {
                server.disposeNow(LIMIT);
              }
            });
  }

  @Test
  void thePeersOfTheServerAreShownAsTheyCome() {
    application()
        .withPropertyValues("fluxwire.page.path=/admin/node")
        .run(
            context -> {
              DisposableServer server = serve(context);
              try (BufferedReader events = events(server)) {
                assertThat(events.readLine())
                    .contains("\"name\":\"orders\"", "\"peerCount\":0")
                    .contains(Contexts.server(context).id().toString());
                Contexts.client(Contexts.server(context))
                    .run(
                        caller -> {
                          PeerConnection<Pkt> peer = Contexts.connection(caller);
                          assertThat(Contexts.saysHello(peer)).isTrue();
                          String line = events.readLine();
                          while (!line.contains("\"peerCount\":1")) {
                            line = events.readLine();
                          }
                          assertThat(get(server, "/admin/node/peers").body())
                              .contains("\"count\":1", "\"packetsIn\":1");
                          assertThat(get(server, "/admin/node/rows/peers").body())
                              .contains("\"matching\":1");
                        });
              } finally {
                server.disposeNow(LIMIT);
              }
            });
  }

  private BufferedReader events(DisposableServer server) throws Exception {
    return new BufferedReader(
        new InputStreamReader(
            http.send(
                    request(server, "/admin/node/events").header("Authorization", PASSWORD).build(),
                    BodyHandlers.ofInputStream())
                .body(),
            StandardCharsets.UTF_8));
  }

  @Test
  void withoutAPathThereIsNoPage() {
    application()
        .run(context -> assertThat(context).doesNotHaveBean(MountedPage.class).hasNotFailed());
  }

  @Test
  void aWrongPathFailsTheStartByItsName() {
    application()
        .withPropertyValues("fluxwire.page.path=admin")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining("/admin/fluxwire"));
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnPage {

    @Bean
    NodeMonitor monitor() {
      return new NodeMonitor();
    }

    @Bean
    MountedPage page(NodeMonitor monitor) {
      return NodePage.of(monitor).metrics(() -> "all_is_well 1\n").mount("/own");
    }
  }

  @Test
  void aPageOfTheApplicationsOwnIsMountedToo() {
    application()
        .withUserConfiguration(OwnPage.class)
        .run(
            context -> {
              DisposableServer server = serve(context);
              try {
                assertThat(get(server, "/own/metrics").body()).isEqualTo("all_is_well 1\n");
                Contexts.client(Contexts.server(context))
                    .run(
                        caller -> {
                          assertThat(Contexts.saysHello(Contexts.connection(caller))).isTrue();
                          assertThat(get(server, "/own/peers").body()).contains("\"count\":1");
                        });
              } finally {
                server.disposeNow(LIMIT);
              }
            });
  }

  @Test
  void aBrowserThatTakesNothingIsGivenUp() {
    StepVerifier.withVirtualTime(
            () -> {
              MockServerHttpResponse response =
                  new MockServerHttpResponse() {
                    @Override
                    @SuppressWarnings({
                      "unchecked",
                      "TypeParameterUnusedInFormals"
                    }) // no known server
                    public <T> T getNativeResponse() {
                      return (T) "";
                    }
                  };
              response.setWriteHandler(body -> body.take(1).then(Mono.never()));
              Flux<Mono<byte[]>> parts =
                  Flux.interval(Duration.ofSeconds(1)).map(tick -> Mono.just(new byte[1]));
              return PageHandler.stream(response, parts);
            })
        .expectSubscription()
        .expectNoEvent(PageHandler.STUCK)
        .thenAwait(Duration.ofSeconds(1))
        .verifyError(TimeoutException.class);
  }
}
