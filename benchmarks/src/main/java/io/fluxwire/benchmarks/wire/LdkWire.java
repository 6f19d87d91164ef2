package io.fluxwire.benchmarks.wire;

import io.fluxwire.benchmarks.wire.Wire.Server;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.ldk.structs.TwoTuple_PublicKeyTypeZ;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

/**
 * LDK's {@code PeerManager}, both ends in this process. A meeting ends when both have sent {@code
 * init}, which is LDK's first message.
 */
final class LdkWire implements OneWay, Meets {

  private static final int SECRET = 32;

  /** What is under way at most, since LDK keeps without a bound what its socket does not take. */
  private static final long UNDER_WAY = 1 << 20;

  /** Nodes that dial by turns: LDK refuses a peer whose last connection it still has. */
  private static final int DIALLERS = 64;

  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final SecureRandom random = new SecureRandom();

  /** Whether its library is for this platform. */
  static boolean runsHere() {
    return System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64");
  }

  @Override
  public String name() {
    return "LDK PeerManager";
  }

  private byte[] secret() {
    byte[] secret = new byte[SECRET];
    random.nextBytes(secret);
    return secret;
  }

  private static byte[] id(byte[] secret) {
    return NodeKey.of(secret).id().toBytes();
  }

  private static InetSocketAddress unusedAddress() {
    try {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), Programs.unusedPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Flux<Integer> flow(int size) {
    return Flux.create(
        sink -> {
          Flow flow = new Flow(size - Short.BYTES, sink);
          sink.onDispose(flow);
          flow.start();
        });
  }

  /** One sends to the other as fast as that one takes it. */
  private final class Flow implements Disposable {

    private final byte[] senderSecret = secret();
    private final byte[] body;
    private final AtomicLong underWay = new AtomicLong();
    private final AtomicReference<byte @Nullable []> receiverId = new AtomicReference<>();
    private final LdkNode sender;
    private final LdkNode receiver;

    Flow(int body, FluxSink<Integer> sink) {
      this.body = new byte[body];
      sender =
          new LdkNode(
              senderSecret,
              new LdkNode.Uses() {
                @Override
                public void connected(byte[] peer) {
                  receiverId.set(peer);
                }

                @Override
                public TwoTuple_PublicKeyTypeZ[] pending() {
                  return toSend();
                }
              });
      receiver =
          new LdkNode(
              secret(),
              new LdkNode.Uses() {
                @Override
                public void connected(byte[] peer) {
                  sender.wakeUp();
                }

                @Override
                public void message(int size) {
                  arrived(size);
                  sink.next(size);
                }
              });
    }

    private TwoTuple_PublicKeyTypeZ[] toSend() {
      byte[] to = receiverId.get();
      if (to == null) {
        return new TwoTuple_PublicKeyTypeZ[0];
      }
      List<TwoTuple_PublicKeyTypeZ> messages = new ArrayList<>();
      int size = body.length + Short.BYTES;
      while (underWay.get() + size <= UNDER_WAY) {
        underWay.addAndGet(size);
        messages.add(LdkNode.message(to, body));
      }
      return messages.toArray(TwoTuple_PublicKeyTypeZ[]::new);
    }

    private void arrived(int size) {
      long left = underWay.addAndGet(-size);
      if (left <= UNDER_WAY / 2 && left + size > UNDER_WAY / 2) {
        sender.wakeUp();
      }
    }

    void start() {
      InetSocketAddress address = unusedAddress();
      sender.listen(address);
      receiver.connect(id(senderSecret), address);
    }

    @Override
    public void dispose() {
      receiver.stop();
      sender.stop();
    }
  }

  private final AtomicReference<byte @Nullable []> greeterId = new AtomicReference<>();
  private final BlockingQueue<Dialler> diallers = new LinkedBlockingQueue<>();

  /** What LDK makes for a dialler is made before it counts. */
  @Override
  public Server greeting() {
    byte[] secret = secret();
    greeterId.set(id(secret));
    LdkNode greeter = new LdkNode(secret, new LdkNode.Uses() {});
    InetSocketAddress address = unusedAddress();
    greeter.listen(address);
    List<Dialler> made = new ArrayList<>();
    for (int i = 0; i < DIALLERS; i++) {
      made.add(new Dialler());
    }
    diallers.addAll(made);
    return new Server(
        address,
        () -> {
          diallers.clear();
          made.forEach(dialler -> dialler.node.stop());
          greeter.stop();
        });
  }

  @Override
  public Mono<Void> meet(Server with) {
    return Mono.using(diallers::take, dialler -> dialler.meet(with), diallers::add)
        .subscribeOn(Schedulers.boundedElastic());
  }

  /** A node that connects again and again. */
  private final class Dialler {

    private final AtomicReference<@Nullable MonoSink<Void>> waiting = new AtomicReference<>();
    private final LdkNode node =
        new LdkNode(
            secret(),
            new LdkNode.Uses() {
              @Override
              public void connected(byte[] peer) {
                MonoSink<Void> sink = waiting.getAndSet(null);
                if (sink != null) {
                  sink.success();
                }
              }
            });

    Mono<Void> meet(Server with) {
      byte[] greeter = greeterId.get();
      if (greeter == null) {
        throw new IllegalStateException("nobody greets");
      }
      return Mono.<Void>create(
              sink -> {
                waiting.set(sink);
                node.connect(greeter, with.address());
              })
          .timeout(LIMIT)
          // LDK holds its locks while it tells who has connected.
          .publishOn(Schedulers.boundedElastic())
          .doFinally(end -> node.disconnect(greeter));
    }
  }
}
