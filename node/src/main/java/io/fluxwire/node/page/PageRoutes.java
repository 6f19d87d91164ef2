package io.fluxwire.node.page;

import static io.netty.handler.codec.http.HttpResponseStatus.BAD_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.FORBIDDEN;
import static io.netty.handler.codec.http.HttpResponseStatus.METHOD_NOT_ALLOWED;
import static io.netty.handler.codec.http.HttpResponseStatus.MISDIRECTED_REQUEST;
import static io.netty.handler.codec.http.HttpResponseStatus.NOT_FOUND;
import static io.netty.handler.codec.http.HttpResponseStatus.NO_CONTENT;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fluxwire.node.page.PageFiles.PageFile;
import io.fluxwire.node.page.Snapshot.Link;
import io.fluxwire.node.page.Snapshot.Node;
import io.fluxwire.testing.FaultProxy;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableChannel;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** What is where on the page's server. */
final class PageRoutes
    implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

  static final String CONTENT_SECURITY_POLICY =
      "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String EVENTS = "text/event-stream";
  private static final String JSON = "application/json";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .build();

  /** How long a client may take nothing of an answer. */
  private static final Duration STUCK = Duration.ofSeconds(30);

  private final PageFiles files = new PageFiles();
  private final Monitor monitor;
  private final PrometheusMeterRegistry registry;
  private final Node node;
  private final @Nullable FaultProxy link;
  private final PageGuard guard;
  private final EventStream events;
  private volatile boolean stalled;

  PageRoutes(
      Monitor monitor,
      PrometheusMeterRegistry registry,
      Node node,
      @Nullable FaultProxy link,
      PageGuard guard,
      Flux<?> ticks,
      LongSupplier nanoClock) {
    this.monitor = monitor;
    this.registry = registry;
    this.node = node;
    this.link = link;
    this.guard = guard;
    this.events = new EventStream(ticks, this::snapshot, nanoClock);
  }

  EventStream events() {
    return events;
  }

  @Override
  public Publisher<Void> apply(HttpServerRequest request, HttpServerResponse response) {
    response
        .header(HttpHeaderNames.CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)
        .header("X-Content-Type-Options", "nosniff")
        .header("X-Frame-Options", "DENY")
        .header("Referrer-Policy", "no-referrer")
        .header("Cross-Origin-Opener-Policy", "same-origin")
        .header("Cross-Origin-Resource-Policy", "same-origin")
        .header(HttpHeaderNames.CACHE_CONTROL, "no-store");
    String authority = PageGuard.authority(request.uri(), request.requestHeaders());
    if (authority == null) {
      return text(response, BAD_REQUEST, "A request names one host, once.");
    }
    if (!guard.isForThisNode(authority)) {
      return text(response, MISDIRECTED_REQUEST, "Ask by address, or by the name in --http-host.");
    }
    String path = "/" + request.path();
    FaultProxy breakable = link;
    if (breakable != null && path.startsWith("/link/")) {
      return breakLink(breakable, path, authority, request, response);
    }
    PageFile file = files.at(path);
    if (file == null && !path.matches("/(events|metrics|health|peers)")) {
      return text(response, NOT_FOUND, "There is nothing here.");
    }
    boolean head = request.method().equals(HttpMethod.HEAD);
    if (!head && !request.method().equals(HttpMethod.GET)) {
      response.header(HttpHeaderNames.ALLOW, "GET, HEAD");
      return text(response, METHOD_NOT_ALLOWED, "Only to be read.");
    }
    return head ? headOf(path, file, response) : bodyOf(path, file, request, response);
  }

  /** What {@link #bodyOf} would say before the body. */
  private Publisher<Void> headOf(
      String path, @Nullable PageFile file, HttpServerResponse response) {
    if (file != null) {
      response.header(HttpHeaderNames.CONTENT_LENGTH, String.valueOf(file.content().length));
    }
    response
        .status(path.equals("/health") && !monitor.health().isUp() ? SERVICE_UNAVAILABLE : OK)
        .header(HttpHeaderNames.CONTENT_TYPE, type(path, file));
    return whileTaken(response, response.send());
  }

  private Publisher<Void> bodyOf(
      String path,
      @Nullable PageFile file,
      HttpServerRequest request,
      HttpServerResponse response) {
    response.header(HttpHeaderNames.CONTENT_TYPE, type(path, file));
    if (file != null) {
      return whileTaken(response, response.sendByteArray(Mono.just(file.content())));
    }
    return switch (path) {
      case "/events" -> events.sendTo(request, response);
      case "/metrics" -> elsewhere(response, OK, registry::scrape);
      case "/peers" -> elsewhere(response, OK, () -> json(monitor.peers()));
      default -> {
        Monitor.Health health = monitor.health();
        yield elsewhere(response, health.isUp() ? OK : SERVICE_UNAVAILABLE, () -> json(health));
      }
    };
  }

  private static String type(String path, @Nullable PageFile file) {
    if (file != null) {
      return file.type();
    }
    return switch (path) {
      case "/events" -> EVENTS;
      case "/metrics" -> PROMETHEUS;
      default -> JSON;
    };
  }

  private Publisher<Void> breakLink(
      FaultProxy proxy,
      String path,
      String authority,
      HttpServerRequest request,
      HttpServerResponse response) {
    if (!path.matches("/link/(drop|stall|heal)")) {
      return text(response, NOT_FOUND, "There is nothing here.");
    }
    if (!request.method().equals(HttpMethod.POST)) {
      response.header(HttpHeaderNames.ALLOW, "POST");
      return text(response, METHOD_NOT_ALLOWED, "Only to be posted to.");
    }
    if (!PageGuard.isFromThisPage(request.requestHeaders(), authority)) {
      return text(response, FORBIDDEN, "Only the page itself may ask for this.");
    }
    switch (path) {
      case "/link/drop" -> proxy.reset();
      case "/link/stall" -> {
        stalled = true;
        proxy.stall();
      }
      default -> {
        stalled = false;
        proxy.resume();
      }
    }
    return whileTaken(response, response.status(NO_CONTENT).send());
  }

  private String snapshot() {
    return json(monitor.snapshot(node, link == null ? null : new Link(stalled)));
  }

  private static String json(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Not on the event loop: with many peers and meters it takes a while. */
  private static Publisher<Void> elsewhere(
      HttpServerResponse response, HttpResponseStatus status, Supplier<String> body) {
    return whileTaken(
        response,
        response
            .status(status)
            .sendString(Mono.fromSupplier(body).subscribeOn(Schedulers.boundedElastic())));
  }

  private static Publisher<Void> text(
      HttpServerResponse response, HttpResponseStatus status, String why) {
    return whileTaken(
        response,
        response
            .status(status)
            .header(HttpHeaderNames.CONTENT_TYPE, TEXT)
            .sendString(Mono.just(why + "\n")));
  }

  /** Closes the connection of one who takes nothing of it for long. */
  static Mono<Void> whileTaken(HttpServerResponse response, Publisher<Void> sending) {
    return Mono.from(sending)
        .timeout(
            STUCK, Mono.fromRunnable(() -> response.withConnection(DisposableChannel::dispose)));
  }
}
