package io.fluxwire.page;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What the page answers to one request, for whatever HTTP server has to write it. It does not say
 * how its body is transferred: the server sets length or encoding. Only an answer to HEAD, which
 * has no body, may have the length of GET's.
 */
public final class PageAnswer {

  static final String CONTENT_SECURITY_POLICY =
      "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  static final String TEXT = "text/plain; charset=utf-8";

  private final int status;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private final Body kind;
  private final Flux<Mono<byte[]>> parts;

  private enum Body {
    NONE,
    WHOLE,
    STREAM
  }

  private PageAnswer(int status, String type, Body kind, Flux<Mono<byte[]>> parts) {
    this.status = status;
    this.kind = kind;
    this.parts = parts;
    headers.put("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    headers.put("X-Content-Type-Options", "nosniff");
    headers.put("X-Frame-Options", "DENY");
    headers.put("Referrer-Policy", "no-referrer");
    headers.put("Cross-Origin-Opener-Policy", "same-origin");
    headers.put("Cross-Origin-Resource-Policy", "same-origin");
    headers.put("Cache-Control", "no-store");
    headers.put("Content-Type", type);
  }

  /** A body that is there at once, or soon. */
  static PageAnswer whole(int status, String type, Mono<byte[]> body) {
    return new PageAnswer(status, type, Body.WHOLE, Flux.just(body));
  }

  /** Why there is nothing else, for a person. */
  static PageAnswer text(int status, String why) {
    return whole(status, TEXT, Mono.just((why + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  /** A body that goes on. */
  static PageAnswer stream(String type, Flux<Mono<byte[]>> parts) {
    return new PageAnswer(200, type, Body.STREAM, parts);
  }

  /** No body. */
  static PageAnswer empty(int status, String type) {
    return new PageAnswer(status, type, Body.NONE, Flux.empty());
  }

  PageAnswer header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /**
   * The status.
   *
   * @return the code, such as 200
   */
  public int status() {
    return status;
  }

  /**
   * The headers, among them those against framing, content sniffing, caching, and scripts of other
   * origins.
   *
   * @return values by names, each once
   */
  public Map<String, String> headers() {
    return Collections.unmodifiableMap(headers);
  }

  /**
   * Whether the body goes on until the request is cancelled, or another browser takes its place.
   *
   * @return false where {@link #body} is all
   */
  public boolean isStream() {
    return kind == Body.STREAM;
  }

  boolean hasBody() {
    return kind != Body.NONE;
  }

  /**
   * The body in parts. Write and flush each before you subscribe to the next. A part is made when
   * it is subscribed to, so that a slow client gets the latest snapshot and not an old one; it may
   * be empty, and then there is nothing to write. However many parts are asked for in advance, the
   * stream keeps the bytes of one.
   *
   * @return completes after the last part, and at once where there is no body; a stream completes
   *     only when another browser takes its place. Errors, or a part does, when the content cannot
   *     be made
   */
  public Flux<Mono<byte[]>> parts() {
    return parts;
  }

  /**
   * All of a body that is no stream.
   *
   * @return emits the body; completes empty where there is none; errors when it cannot be made
   */
  public Mono<byte[]> body() {
    return parts.next().flatMap(part -> part);
  }
}
