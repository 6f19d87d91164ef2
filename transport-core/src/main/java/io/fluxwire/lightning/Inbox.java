package io.fluxwire.lightning;

import io.fluxwire.ConnectionClosedException;
import io.fluxwire.PacketException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.internal.Isolated;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * The one receiver of a connection: takes the peer's {@code init}, and then passes on what is not
 * for this layer, on demand. By hand, since the rest of the stream waits for a subscriber that
 * comes after its first message.
 */
final class Inbox implements CoreSubscriber<ByteBuf>, Subscription {

  private final PeerConnection<ByteBuf> connection;
  private final Consumer<InitMessage> check;
  private final MonoSink<LightningPeer> init;
  private final Pings pings;

  private volatile @Nullable Subscription upstream;
  private boolean initialised;

  /** Null until somebody receives. */
  private volatile @Nullable CoreSubscriber<? super ByteBuf> receiver;

  /** The receiver has its subscription; before, it is not told of an end. */
  private boolean attached;

  private boolean ended;
  private volatile @Nullable Throwable failure;

  /**
   * To be subscribed to a connection.
   *
   * @param check throws what is wrong with an init, if something is
   * @param init gets the peer
   */
  Inbox(
      PeerConnection<ByteBuf> connection,
      Scheduler clock,
      Consumer<InitMessage> check,
      MonoSink<LightningPeer> init) {
    this.connection = connection;
    this.check = check;
    this.init = init;
    this.pings = new Pings(connection, clock);
  }

  Mono<Duration> ping() {
    return Isolated.mono(pings.ask());
  }

  Flux<ByteBuf> receive() {
    return new Flux<>() {
      @Override
      public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
        attach(actual);
      }
    };
  }

  private void attach(CoreSubscriber<? super ByteBuf> actual) {
    if (!become(actual)) {
      Operators.error(
          actual, new IllegalStateException("receive() has one subscriber; share() it"));
      return;
    }
    actual.onSubscribe(this);
    synchronized (this) {
      attached = true;
      if (!ended) {
        return;
      }
    }
    end(actual);
  }

  private synchronized boolean become(CoreSubscriber<? super ByteBuf> actual) {
    if (receiver != null) {
      return false;
    }
    receiver = actual;
    return true;
  }

  private void end(CoreSubscriber<? super ByteBuf> actual) {
    Throwable why = failure;
    if (why == null) {
      actual.onComplete();
    } else {
      actual.onError(why);
    }
  }

  @Override
  public void onSubscribe(Subscription s) {
    if (Operators.validate(upstream, s)) {
      upstream = s;
      s.request(1);
    }
  }

  @Override
  public void onNext(ByteBuf message) {
    if (!initialised) {
      initialised = true;
      initialise(message);
      return;
    }
    int type;
    try {
      type = MessageType.of(message);
    } catch (PacketException e) {
      // Of another codec than this layer's, which refuses it first.
      refuse(e);
      return;
    }
    if (type == MessageType.PING) {
      pings.answer(message);
      request(1);
    } else if (type == MessageType.PONG) {
      pings.answered(message);
      request(1);
    } else {
      CoreSubscriber<? super ByteBuf> actual = receiver;
      if (actual != null) {
        actual.onNext(message);
      }
    }
  }

  private void refuse(PacketException why) {
    stop();
    connection.closeWithError(String.valueOf(why.getMessage())).subscribe();
    over(why);
  }

  private void initialise(ByteBuf message) {
    try {
      InitMessage theirs = InitMessage.parse(message);
      check.accept(theirs);
      init.success(new LightningPeer(connection, theirs, this));
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  /** Before the peer's init was here. Nobody will ask for what is behind it. */
  void failed(Throwable why) {
    stop();
    init.error(why);
  }

  @Override
  public void onError(Throwable t) {
    over(t);
  }

  @Override
  public void onComplete() {
    over(null);
  }

  private void over(@Nullable Throwable why) {
    pings.ended(
        why == null
            ? new ConnectionClosedException(
                Reason.CLOSED_BY_PEER, "the peer closed the connection before it answered")
            : why);
    if (!initialised) {
      failed(
          why == null
              ? new ConnectionClosedException(
                  Reason.CLOSED_BY_PEER, "the peer closed the connection before it sent its init")
              : why);
      return;
    }
    CoreSubscriber<? super ByteBuf> actual;
    synchronized (this) {
      failure = why;
      ended = true;
      actual = attached ? receiver : null;
    }
    if (actual != null) {
      end(actual);
    }
  }

  @Override
  public void request(long n) {
    Subscription s = upstream;
    if (s != null) {
      s.request(n);
    }
  }

  private void stop() {
    Subscription s = upstream;
    if (s != null) {
      s.cancel();
    }
  }

  @Override
  public void cancel() {
    stop();
    pings.ended(
        new ConnectionClosedException(
            Reason.CLOSED_LOCALLY, "nobody receives any more, so that no answer would be seen"));
  }

  @Override
  public Context currentContext() {
    CoreSubscriber<? super ByteBuf> actual = receiver;
    return actual == null ? Context.of(init.contextView()) : actual.currentContext();
  }
}
