package io.fluxwire.rsocket;

import io.fluxwire.handshake.UpgradePolicy;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.netty.util.ResourceLeakDetector;
import io.rsocket.Payload;
import io.rsocket.test.TransportTest;
import io.rsocket.util.ByteBufPayload;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * RSocket's own tests of a transport: all interaction models, large payloads in one frame, and no
 * buffer that is left.
 */
@Tag("slow")
class FluxwireTransportTest {

  /** 50 requests of 467 KB are made at once, which is not a stream's to wait with. */
  private static final int BUDGET = 32 * 1024 * 1024;

  private static final ResourceLeakDetector.Level LEVEL = ResourceLeakDetector.getLevel();

  /** The allocators of RSocket's tests keep all buffers themselves, for which this is enough. */
  @BeforeAll
  static void lookForLeaksAsRSocketDoes() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.ADVANCED);
  }

  @AfterAll
  static void lookForLeaksAsBefore() {
    ResourceLeakDetector.setLevel(LEVEL);
  }

  abstract static class Over implements TransportTest {

    private final UpgradePolicy upgrade;
    private TransportPair<NodeKey, CloseablePeerServer> pair;

    Over(UpgradePolicy upgrade) {
      this.upgrade = upgrade;
    }

    @BeforeEach
    void connect() {
      pair =
          new TransportPair<>(
              NodeKey::generate,
              (key, server, allocator) ->
                  FluxwireClientTransport.create(
                          PeerClient.create(PacketCodec.raw())
                              .upgrade(upgrade)
                              .remote("localhost", server.server().port())
                              .expect(key.id()))
                      .sendBudget(BUDGET)
                      .allocator(allocator),
              (key, allocator) ->
                  FluxwireServerTransport.create(
                          PeerServer.create(key, PacketCodec.raw())
                              .upgrade(upgrade)
                              .host("localhost"))
                      .sendBudget(BUDGET)
                      .allocator(allocator));
    }

    /** As RSocket's, on two threads in place of twelve: each of its verifiers keeps a core busy. */
    @Test
    @Override
    public void requestChannel256() {
      Flux<Payload> payloads = Flux.range(0, 256).map(i -> ByteBufPayload.create("data " + i));
      Scheduler threads = Schedulers.newBoundedElastic(2, Integer.MAX_VALUE, "channels");
      try {
        Flux.range(0, 128)
            .flatMap(i -> Mono.fromRunnable(() -> check(payloads)).subscribeOn(threads), 2)
            .blockLast();
      } finally {
        threads.dispose();
      }
    }

    @Override
    public Duration getTimeout() {
      return Duration.ofMinutes(3);
    }

    @Override
    public TransportPair<NodeKey, CloseablePeerServer> getTransportPair() {
      return pair;
    }
  }

  @Nested
  class Version3 extends Over {
    Version3() {
      super(UpgradePolicy.off());
    }
  }

  @Nested
  class Upgraded extends Over {
    Upgraded() {
      super(UpgradePolicy.required());
    }
  }
}
