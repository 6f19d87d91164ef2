package io.fluxwire.page;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fluxwire.page.PageFiles.PageFile;
import io.fluxwire.page.Snapshot.Link;
import io.fluxwire.page.Snapshot.Node;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What is where on the page, whatever serves it. */
final class PageContent {

  private static final String EVENTS = "text/event-stream";
  private static final String JSON = "application/json";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .build();

  private final PageFiles files = new PageFiles();
  private final NodeMonitor monitor;
  private final @Nullable Supplier<String> metrics;
  private final EventStream events;

  /**
   * The content of one page.
   *
   * @param monitor what is shown
   * @param node which node this is
   * @param metrics what {@code /metrics} says; null for no such path
   * @param link the state of the network that the page can break; gives null for none
   * @param ticks when to make a snapshot
   * @param nanoClock tells how long somebody has watched
   */
  PageContent(
      NodeMonitor monitor,
      Node node,
      @Nullable Supplier<String> metrics,
      Supplier<@Nullable Link> link,
      Flux<?> ticks,
      LongSupplier nanoClock) {
    this.monitor = monitor;
    this.metrics = metrics;
    monitor.keepHistory(Flux.interval(History.STEP));
    this.events = new EventStream(ticks, () -> json(monitor.snapshot(node, link.get())), nanoClock);
  }

  EventStream events() {
    return events;
  }

  /**
   * Answers a request.
   *
   * @param path below the page's own, with its slash
   * @param query the request's query, without its question mark; null for none
   * @param from who asks; null where that is not known
   * @param write writes an answer; called once
   * @return completes and errors as what was written
   */
  Mono<Void> serve(
      String method,
      String path,
      @Nullable String query,
      @Nullable InetAddress from,
      Function<? super PageAnswer, ? extends Publisher<Void>> write) {
    return Mono.defer(
        () -> {
          if (!isThere(path)) {
            return write(write, PageAnswer.text(404, "There is nothing here."));
          }
          if (!reads(method)) {
            return write(write, onlyToBeRead());
          }
          boolean head = method.equals("HEAD");
          if (path.equals("/events") && !head) {
            return watch(from, write);
          }
          return write(write, head ? headOf(path) : answer(path, query));
        });
  }

  /** Whether a request only reads, which is all that the page is for. */
  static boolean reads(String method) {
    return method.equals("GET") || method.equals("HEAD");
  }

  static PageAnswer onlyToBeRead() {
    return PageAnswer.text(405, "Only to be read.").header("Allow", "GET, HEAD");
  }

  private static Mono<Void> write(
      Function<? super PageAnswer, ? extends Publisher<Void>> write, PageAnswer answer) {
    return Mono.from(write.apply(answer));
  }

  private boolean isThere(String path) {
    return files.at(path) != null
        || path.matches("/(events|health|history|live|peers|reasons|rows/(peers|channels|endings))")
        || (path.equals("/metrics") && metrics != null)
        || (path.equals("/fleet") && monitor.hasFleet());
  }

  private Mono<Void> watch(
      @Nullable InetAddress from, Function<? super PageAnswer, ? extends Publisher<Void>> write) {
    Watchers.Watcher watcher = events.admit(from);
    if (watcher == null) {
      String why = "At most " + Watchers.MAX + " may watch at a time.";
      return write(write, PageAnswer.text(503, why).header("Retry-After", "10"));
    }
    return Mono.defer(() -> write(write, PageAnswer.stream(EVENTS, events.framesFor(watcher))))
        .doFinally(signal -> events.left(watcher));
  }

  /** What {@link #answer} would say before the body. */
  private PageAnswer headOf(String path) {
    PageFile file = files.at(path);
    if (file != null) {
      return PageAnswer.empty(200, file.type())
          .header("Content-Length", String.valueOf(file.content().length));
    }
    return PageAnswer.empty(path.equals("/health") ? healthStatus() : 200, type(path));
  }

  private int healthStatus() {
    return monitor.health().isUp() ? 200 : 503;
  }

  private static String type(String path) {
    return switch (path) {
      case "/events" -> EVENTS;
      case "/metrics" -> PROMETHEUS;
      case "/live" -> PageAnswer.TEXT;
      default -> JSON;
    };
  }

  private PageAnswer answer(String path, @Nullable String query) {
    PageFile file = files.at(path);
    if (file != null) {
      return PageAnswer.whole(200, file.type(), Mono.just(file.content()));
    }
    Supplier<String> scrape = metrics;
    if (path.equals("/metrics") && scrape != null) {
      return made(200, PROMETHEUS, scrape);
    }
    if (path.equals("/live")) {
      return PageAnswer.text(200, "It answers.");
    }
    if (path.startsWith("/rows/")) {
      return rows(path, query);
    }
    if (path.equals("/peers")) {
      return made(200, JSON, () -> json(monitor.peers()));
    }
    if (path.equals("/fleet")) {
      return PageAnswer.whole(
          200, JSON, monitor.fleet().map(fleet -> json(fleet).getBytes(StandardCharsets.UTF_8)));
    }
    if (path.equals("/history")) {
      return made(200, JSON, () -> json(monitor.history()));
    }
    if (path.equals("/reasons")) {
      return made(200, JSON, () -> json(Explanation.all()));
    }
    NodeMonitor.Health health = monitor.health();
    return made(health.isUp() ? 200 : 503, JSON, () -> json(health));
  }

  private PageAnswer rows(String path, @Nullable String query) {
    View view;
    try {
      view = View.of(query);
    } catch (IllegalArgumentException e) {
      return PageAnswer.text(400, String.valueOf(e.getMessage()));
    }
    return switch (path) {
      case "/rows/peers" -> rows(view, PeerBoard.TABLE, () -> monitor.peerRows(view));
      case "/rows/channels" -> rows(view, ChannelBoard.TABLE, () -> monitor.channelRows(view));
      default -> rows(view, PeerBoard.ENDINGS, () -> monitor.endingRows(view));
    };
  }

  private static PageAnswer rows(View view, View.Table<?> table, Supplier<View.Rows<?>> rows) {
    return view.fits(table)
        ? made(200, JSON, () -> json(rows.get()))
        : PageAnswer.text(400, "sort is one of " + table.names());
  }

  /** Not on the event loop: with many peers and meters it takes a while. */
  private static PageAnswer made(int status, String type, Supplier<String> body) {
    return PageAnswer.whole(
        status,
        type,
        Mono.fromSupplier(() -> body.get().getBytes(StandardCharsets.UTF_8))
            .subscribeOn(Schedulers.boundedElastic()));
  }

  private static String json(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
