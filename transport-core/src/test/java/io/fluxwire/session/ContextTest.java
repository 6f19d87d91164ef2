package io.fluxwire.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.packet.PacketCodec;
import io.micrometer.context.ContextRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** What a subscriber's context holds reaches the operators of receive() and send(). */
class ContextTest {

  private static final String KEY = "request";

  private final SessionPair<ByteBuf> pair =
      SessionPair.of(
          PacketCodec.raw(), UnaryOperator.identity(), UnaryOperator.identity(), Long.MAX_VALUE);
  private final List<String> seen = new ArrayList<>();

  @BeforeEach
  void propagate() {
    ContextRegistry.getInstance()
        .registerThreadLocalAccessor(
            KEY, () -> MDC.get(KEY), value -> MDC.put(KEY, value), () -> MDC.remove(KEY));
    Hooks.enableAutomaticContextPropagation();
    pair.establish();
  }

  @AfterEach
  void stop() {
    pair.close();
    Hooks.disableAutomaticContextPropagation();
    ContextRegistry.getInstance().removeThreadLocalAccessor(KEY);
    assertThat(MDC.get(KEY)).as("nothing is left behind on this thread").isNull();
  }

  private static Flux<ByteBuf> packets(int count) {
    return Flux.range(0, count).map(i -> Unpooled.wrappedBuffer(new byte[16]));
  }

  @Test
  void theMdcIsThereInReceive() {
    pair.acceptor
        .connected()
        .receive()
        .doOnNext(packet -> seen.add(MDC.get(KEY)))
        .contextWrite(Context.of(KEY, "7"))
        .subscribe();
    pair.dialer.connected().send(packets(3)).subscribe();
    pair.settle();
    assertThat(seen).containsExactly("7", "7", "7");
  }

  @Test
  void theMdcIsThereInTheSourceOfASendHoweverLateItIsAskedForMore() {
    pair.acceptor.connected().receive().subscribe();
    int more = 3 * SendQueue.PREFETCH;
    pair.dialer
        .connected()
        .send(packets(more).doOnNext(packet -> seen.add(MDC.get(KEY))))
        .contextWrite(Context.of(KEY, "8"))
        .subscribe();
    pair.settle();
    assertThat(seen).isEqualTo(Collections.nCopies(more, "8"));
  }

  @Test
  void theMdcIsThereWhenASendIsDone() {
    Mono<Void> send = pair.dialer.connected().send(packets(1));
    send.doOnSuccess(done -> seen.add(MDC.get(KEY))).contextWrite(Context.of(KEY, "9")).subscribe();
    pair.settle();
    assertThat(seen).containsExactly("9");
  }
}
