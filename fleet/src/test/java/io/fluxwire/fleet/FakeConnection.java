package io.fluxwire.fleet;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.NodeId;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import io.fluxwire.Undelivered;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;

/** A connection whose socket the test is: it takes what it is told to take. */
final class FakeConnection implements PeerConnection<String> {

  /** What the socket has taken. */
  final List<String> written = new ArrayList<>();

  final List<String> problems = new ArrayList<>();

  private final NodeId peer;
  private final SocketAddress address;
  private final Set<Sending> sends = new LinkedHashSet<>();
  private final Sinks.One<CloseReason> closed = Sinks.one();
  private boolean isClosed;
  private long room = Long.MAX_VALUE;
  private int readAhead = 128;

  FakeConnection(NodeId peer) {
    this(peer, InetSocketAddress.createUnresolved("peer.test", 1));
  }

  FakeConnection(NodeId peer, SocketAddress address) {
    this.peer = peer;
    this.address = address;
  }

  /** Asks each send for only so many packets beyond what it has written. */
  void readAhead(int packets) {
    readAhead = packets;
  }

  /** From now on the socket takes only what it is told to. */
  void stall() {
    room = 0;
  }

  /** The socket takes so many packets more. */
  void take(long packets) {
    room = room > Long.MAX_VALUE - packets ? Long.MAX_VALUE : room + packets;
    List.copyOf(sends).forEach(Sending::write);
  }

  /** How many packets sends have handed over that the socket has not taken. */
  int queued() {
    return sends.stream().mapToInt(sending -> sending.queue.size()).sum();
  }

  void end(Reason reason) {
    if (!isClosed) {
      isClosed = true;
      List.copyOf(sends).forEach(Sending::connectionEnded);
      closed.tryEmitValue(new CloseReason(reason, null));
    }
  }

  private final class Sending extends BaseSubscriber<String> {

    private final Queue<String> queue = new ArrayDeque<>();
    private final MonoSink<Void> sink;
    private boolean complete;

    Sending(MonoSink<Void> sink) {
      this.sink = sink;
    }

    @Override
    protected void hookOnSubscribe(Subscription s) {
      s.request(readAhead);
    }

    @Override
    protected void hookOnNext(String packet) {
      queue.add(packet);
      write();
    }

    @Override
    protected void hookOnError(Throwable failure) {
      sends.remove(this);
      sink.error(failure);
    }

    @Override
    protected void hookOnComplete() {
      complete = true;
      write();
    }

    void write() {
      while (room > 0 && !queue.isEmpty()) {
        room -= room == Long.MAX_VALUE ? 0 : 1;
        written.add(queue.remove());
        request(1);
      }
      if (complete && queue.isEmpty()) {
        sends.remove(this);
        sink.success();
      }
    }

    void connectionEnded() {
      sends.remove(this);
      cancel();
      sink.error(new ConnectionClosedException(Reason.CONNECTION_LOST, "it ended"));
    }
  }

  @Override
  public Mono<Void> send(Publisher<? extends String> packets) {
    return Mono.create(
        sink -> {
          if (isClosed) {
            sink.error(new ConnectionClosedException(Reason.CONNECTION_LOST, "it has ended"));
            return;
          }
          Sending sending = new Sending(sink);
          sends.add(sending);
          sink.onCancel(
              () -> {
                sends.remove(sending);
                sending.cancel();
              });
          packets.subscribe(sending);
        });
  }

  @Override
  public NodeId remoteId() {
    return peer;
  }

  @Override
  public SocketAddress remoteAddress() {
    return address;
  }

  @Override
  public SocketAddress localAddress() {
    return address;
  }

  @Override
  public Flux<String> receive() {
    return Flux.never();
  }

  @Override
  public Mono<Void> close() {
    return Mono.fromRunnable(this::dispose);
  }

  @Override
  public Mono<Void> closeWithError(String problem) {
    return Mono.fromRunnable(
        () -> {
          problems.add(problem);
          end(Reason.CLOSED_WITH_ERROR);
        });
  }

  @Override
  public Mono<CloseReason> onClose() {
    return closed.asMono();
  }

  @Override
  public Mono<Undelivered> undelivered() {
    return closed.asMono().map(reason -> new Undelivered(queued(), 0));
  }

  @Override
  public void dispose() {
    end(Reason.CLOSED_LOCALLY);
  }

  @Override
  public boolean isDisposed() {
    return isClosed;
  }

  @Override
  public String toString() {
    return "FakeConnection[" + peer.toShortString() + "]";
  }
}
