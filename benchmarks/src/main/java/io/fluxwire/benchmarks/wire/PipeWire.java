package io.fluxwire.benchmarks.wire;

import io.netty.buffer.ByteBuf;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What all wires that carry buffers have in common: the uses. */
abstract class PipeWire implements Wire {

  private static final int GREETING = 64;

  private final String name;

  PipeWire(String name) {
    this.name = name;
  }

  @Override
  public final String name() {
    return name;
  }

  abstract Server serve(Function<Pipe, Publisher<Void>> handler);

  abstract Mono<Pipe> connect(Server to);

  /** A packet that is never released for good, where this wire has its buffers. */
  abstract ByteBuf body(int size);

  @Override
  public Server streaming(int size) {
    ByteBuf body = body(size);
    return serve(pipe -> pipe.send(Flux.generate(sink -> sink.next(body.retainedDuplicate()))));
  }

  @Override
  public Server echoing() {
    return serve(pipe -> pipe.send(pipe.receive().map(ByteBuf::retain)));
  }

  @Override
  public Server greeting() {
    ByteBuf body = body(GREETING);
    return serve(
        pipe ->
            pipe.send(Mono.fromSupplier(body::retainedDuplicate)).thenMany(pipe.receive()).then());
  }

  @Override
  public Flux<Integer> download(Server from, int size) {
    return Flux.usingWhen(
        connect(from),
        pipe -> pipe.receive().map(ByteBuf::readableBytes),
        pipe -> Mono.fromRunnable(pipe::dispose));
  }

  @Override
  public Flux<Long> pingPong(Server with, int size) {
    ByteBuf body = body(size);
    return Flux.usingWhen(
        connect(with), pipe -> roundTrips(pipe, body), pipe -> Mono.fromRunnable(pipe::dispose));
  }

  private static Flux<Long> roundTrips(Pipe pipe, ByteBuf body) {
    int size = body.readableBytes();
    return Flux.create(
        sink -> {
          long[] sent = {System.nanoTime()};
          int[] missing = {size};
          Flux<ByteBuf> next =
              pipe.receive()
                  .<ByteBuf>handle(
                      (answer, out) -> {
                        missing[0] -= answer.readableBytes();
                        if (missing[0] <= 0) {
                          long now = System.nanoTime();
                          sink.next(now - sent[0]);
                          sent[0] = now;
                          missing[0] += size;
                          out.next(body.retainedDuplicate());
                        }
                      });
          sink.onDispose(
              pipe.send(Flux.concat(Mono.fromSupplier(body::retainedDuplicate), next))
                  .subscribe(null, failure -> {}));
        });
  }

  @Override
  public Mono<Void> meet(Server with) {
    return connect(with).flatMap(pipe -> greeted(pipe).then(Mono.fromRunnable(pipe::dispose)));
  }

  private static Mono<Void> greeted(Pipe pipe) {
    int[] missing = {GREETING};
    return pipe.receive().takeUntil(part -> (missing[0] -= part.readableBytes()) <= 0).then();
  }

  @Override
  public Mono<Disposable> join(Server with) {
    return connect(with)
        .flatMap(
            pipe ->
                Mono.create(
                    sink -> {
                      int[] missing = {GREETING};
                      pipe.receive()
                          .subscribe(
                              part -> {
                                missing[0] -= part.readableBytes();
                                if (missing[0] == 0) {
                                  sink.success(pipe);
                                }
                              },
                              sink::error);
                    }));
  }
}
