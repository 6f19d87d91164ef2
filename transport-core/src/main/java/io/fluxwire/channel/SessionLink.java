package io.fluxwire.channel;

import io.fluxwire.PeerConnection;
import io.fluxwire.PeerException;
import io.fluxwire.record.ChannelFrame;
import io.fluxwire.record.ChannelListener;
import io.fluxwire.session.ChannelControls;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;

/** A session that carries a channel. */
final class SessionLink implements ChannelLink {

  private final PeerConnection<?> connection;
  private final ChannelControls controls;
  private final Reading reading = new Reading();
  private volatile @Nullable Receiver receiver;
  private volatile Mono<Void> said = Mono.empty();

  /**
   * Takes a connection over.
   *
   * @throws io.fluxwire.ChannelException when its session has no channel
   */
  SessionLink(PeerConnection<?> connection) {
    this.connection = connection;
    this.controls = ChannelControls.of(connection);
  }

  @Override
  public void start(Receiver to) {
    receiver = to;
    controls.listener(
        new ChannelListener() {
          @Override
          public void onChannel(ChannelFrame frame) {
            to.onChannel(frame);
          }

          @Override
          public void onAcknowledged(long next) {
            to.onAcknowledged(next);
          }
        });
    controls.receive().subscribe(reading);
  }

  @Override
  public void request(long packets) {
    reading.request(packets);
  }

  @Override
  public void afterReading(Runnable task) {
    try {
      controls.scheduler().schedule(task);
    } catch (RejectedExecutionException e) {
      // The event loop is gone, and nothing is read any more.
      task.run();
    }
  }

  @Override
  public void sendChannel(ChannelFrame frame) {
    Mono<Void> saying = controls.channel(frame).cache();
    said = saying;
    // Where it cannot be said, the connection ends, which the reading side reports.
    saying.subscribe(done -> {}, failure -> {});
  }

  @Override
  public void acknowledge(long next) {
    controls.acknowledge(next);
  }

  @Override
  public void send(Publisher<ByteBuf> payloads) {
    said.then(controls.send(payloads)).subscribe(done -> {}, failure -> {});
  }

  @Override
  public void fail(PeerException fault) {
    controls.fail(fault);
    reading.cancel();
  }

  @Override
  public void close() {
    reading.cancel();
    connection.close().subscribe();
  }

  @Override
  public void dispose() {
    reading.cancel();
    connection.dispose();
  }

  /** Reads as it is asked to. */
  private final class Reading extends BaseSubscriber<ByteBuf> {

    @Override
    protected void hookOnSubscribe(Subscription s) {
      // Whoever has it requests.
    }

    @Override
    protected void hookOnNext(ByteBuf payload) {
      Receiver to = receiver;
      if (to != null) {
        to.onPacket(payload);
      }
    }

    @Override
    protected void hookOnComplete() {
      end(null);
    }

    @Override
    protected void hookOnError(Throwable failure) {
      end(failure);
    }

    private void end(@Nullable Throwable fault) {
      Receiver to = receiver;
      if (to != null) {
        to.onEnd(fault);
      }
    }
  }
}
