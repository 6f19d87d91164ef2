package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.node.proto.NodePkt;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.testing.FaultProxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class CheckedStreamTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final PacketCodec<NodePkt> CODEC =
      PacketCodec.protobuf(NodePkt.getDefaultInstance());
  private static final SoakPackets ALICES = new SoakPackets(1, 1000);
  private static final SoakPackets BOBS = new SoakPackets(2, 1000);

  private final CheckedStream alice = new CheckedStream(ALICES, BOBS, time -> {});
  private DisposablePeerServer listening;
  private FaultProxy network;

  /** Bob's channel to an Alice who does this. */
  private Mono<PeerChannel<NodePkt>> channel(
      Function<PeerChannel<NodePkt>, Mono<Void>> alices, CheckedStream bob) {
    listening =
        PeerServer.create(CODEC)
            .host("127.0.0.1")
            .channels(ChannelSpec.of(MemoryChannelStore.create()).observe(alice), alices)
            .bindNow();
    network = FaultProxy.startNow(listening.address());
    return PeerClient.create(CODEC)
        .remote(network.address())
        .expect(listening.id())
        .reconnect(spec -> spec.backoff(Duration.ofMillis(1), Duration.ofMillis(20)))
        .channel("test", ChannelSpec.of(MemoryChannelStore.create()).observe(bob));
  }

  private void run(Function<PeerChannel<NodePkt>, Mono<Void>> alices, CheckedStream bob) {
    Mono.usingWhen(channel(alices, bob), bob::on, PeerChannel::close).block(LIMIT);
  }

  @AfterEach
  void stop() {
    network.dispose();
    listening.disposeNow(LIMIT);
  }

  private static Mono<Void> until(BooleanSupplier condition) {
    return Flux.interval(Duration.ofMillis(5))
        .onBackpressureDrop()
        .takeUntil(tick -> condition.getAsBoolean())
        .then();
  }

  @Test
  void allArrivesOnceOverEveryConnectionThatItTakes() {
    AtomicLong roundTrips = new AtomicLong();
    CheckedStream bob = new CheckedStream(BOBS, ALICES, time -> roundTrips.incrementAndGet());
    PeerChannel<NodePkt> channel = channel(alice::on, bob).block(LIMIT);
    bob.on(channel).subscribe(null, failure -> {});
    for (int connections = 1; connections <= 3; connections++) {
      int by = connections;
      long before = bob.delivered();
      until(
              () ->
                  bob.connections() >= by
                      && bob.delivered() > before + 100
                      && alice.delivered() > 100)
          .block(LIMIT);
      network.reset();
    }
    alice.finish();
    bob.finish();
    Mono.when(alice.acknowledged(), bob.acknowledged()).block(LIMIT);
    channel.close().block(LIMIT);

    assertThat(bob.delivered()).isEqualTo(alice.sent()).isGreaterThan(300);
    assertThat(alice.delivered()).isEqualTo(bob.sent()).isGreaterThan(100);
    assertThat(roundTrips).hasPositiveValue();
    assertThat(bob.connections()).isGreaterThanOrEqualTo(3);
    assertThat(bob.gapNanos().getTotalCount()).isBetween(2L, bob.connections() - 1);
  }

  @Test
  void anotherBodyIsNoticed() {
    CheckedStream bob = new CheckedStream(BOBS, new SoakPackets(3, 1000), time -> {});

    assertThatThrownBy(() -> run(alice::on, bob))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(listening.id() + " sent another body in packet 0");
    assertThatThrownBy(() -> bob.broken().block(LIMIT)).hasMessageContaining("another body");
  }

  @ParameterizedTest
  @CsvSource({"'0,1,5', packet 5 where 2 was due, 0, 3", "'0,1,1', packet 1 where 2 was due, 1, 0"})
  void aPacketInAnothersPlaceIsNoticed(String sent, String fault, long duplicates, long skipped) {
    CheckedStream bob = new CheckedStream(BOBS, ALICES, time -> {});
    Flux<NodePkt> packets =
        Flux.fromStream(Arrays.stream(sent.split(",", -1)).map(Long::valueOf)).map(ALICES::packet);

    assertThatThrownBy(() -> run(peer -> peer.send(packets).then(Mono.never()), bob))
        .hasMessageContaining(fault);
    assertThat(bob.delivered()).isEqualTo(2);
    assertThat(bob.duplicates()).isEqualTo(duplicates);
    assertThat(bob.missing()).isEqualTo(skipped);
  }
}
