package io.fluxwire.spring;

import io.fluxwire.page.MountedPage;
import io.fluxwire.page.PageAnswer;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableChannel;
import reactor.netty.http.server.HttpServerResponse;

/** A page as WebFlux serves it, on whatever server that is. */
record PageHandler(MountedPage page) implements HandlerFunction<ServerResponse> {

  /** How long a browser may take nothing of its stream. */
  static final Duration STUCK = Duration.ofSeconds(30);

  boolean covers(ServerRequest request) {
    return page.covers(path(request.exchange().getRequest()));
  }

  @Override
  public Mono<ServerResponse> handle(ServerRequest request) {
    return ServerResponse.ok().build((exchange, context) -> serve(exchange));
  }

  private Mono<Void> serve(ServerWebExchange exchange) {
    ServerHttpRequest request = exchange.getRequest();
    InetSocketAddress from = request.getRemoteAddress();
    return page.serve(
        request.getMethod().name(),
        path(request),
        request.getURI().getRawQuery(),
        from == null ? null : from.getAddress(),
        answer -> write(exchange.getResponse(), answer));
  }

  private static String path(ServerHttpRequest request) {
    return request.getPath().pathWithinApplication().value();
  }

  private static Mono<Void> write(ServerHttpResponse response, PageAnswer answer) {
    response.setStatusCode(HttpStatusCode.valueOf(answer.status()));
    answer.headers().forEach(response.getHeaders()::set);
    return answer.isStream()
        ? stream(response, answer.parts())
        : response.writeWith(answer.body().map(response.bufferFactory()::wrap));
  }

  /** Ends with an error, and the connection with it, when a part has waited for too long. */
  static Mono<Void> stream(ServerHttpResponse response, Flux<Mono<byte[]>> parts) {
    DataBufferFactory buffers = response.bufferFactory();
    Sinks.Many<Boolean> taken = Sinks.many().multicast().directBestEffort();
    Mono<Void> written =
        response.writeAndFlushWith(
            parts.map(
                part -> part.map(buffers::wrap).doOnSubscribe(asked -> taken.tryEmitNext(true))));
    Mono<Void> stuck =
        taken.asFlux().timeout(STUCK).then().doOnError(failure -> disconnect(response));
    return Mono.firstWithSignal(written, stuck);
  }

  /** Reactor Netty would wait until the browser has taken the rest. */
  private static void disconnect(ServerHttpResponse response) {
    Object server = ServerHttpResponseDecorator.getNativeResponse(response);
    if (server instanceof HttpServerResponse netty) {
      netty.withConnection(DisposableChannel::dispose);
    }
  }
}
