package io.fluxwire.testing;

import io.fluxwire.transport.ByteDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The connection of a {@link ScriptedPeer}, which reads and writes step by step. */
interface ScriptWire {

  /** Longer than any node takes to answer. */
  Duration LIMIT = Duration.ofSeconds(10);

  /** How a stream can end. */
  enum End {
    IN_ORDER,
    BROKEN
  }

  /** Bytes, or how the stream ended. */
  record Arrival(byte[] bytes, @Nullable End end) {}

  void write(byte[] bytes);

  /** Waits for the next bytes or the end. */
  Arrival read();

  void end();

  void reset();

  static AssertionError nothingCame() {
    return new AssertionError("the other side sent nothing and did not end its stream");
  }

  /** Over a socket. */
  final class OfSocket implements ScriptWire {

    private final Socket socket;
    private final byte[] buffer = new byte[8192];

    OfSocket(Socket socket) throws IOException {
      this.socket = socket;
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) LIMIT.toMillis());
    }

    @Override
    public void write(byte[] bytes) {
      try {
        socket.getOutputStream().write(bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public Arrival read() {
      try {
        InputStream in = socket.getInputStream();
        int size = in.read(buffer);
        return size < 0
            ? new Arrival(new byte[0], End.IN_ORDER)
            : new Arrival(Arrays.copyOf(buffer, size), null);
      } catch (SocketException broken) {
        return new Arrival(new byte[0], End.BROKEN);
      } catch (java.net.SocketTimeoutException late) {
        throw nothingCame();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void end() {
      try {
        socket.shutdownOutput();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void reset() {
      try {
        if (!socket.isClosed()) {
          socket.setSoLinger(true, 0);
          socket.close();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Over a duplex. In virtual time, a step runs everything that is due. */
  final class OfDuplex extends BaseSubscriber<ByteBuf> implements ScriptWire {

    private final ByteDuplex duplex;
    private final BlockingQueue<Arrival> arrived = new LinkedBlockingQueue<>();

    OfDuplex(ByteDuplex duplex) {
      this.duplex = duplex;
      duplex.receive().subscribe(this);
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      subscription.request(1);
    }

    @Override
    protected void hookOnNext(ByteBuf buffer) {
      arrived.add(new Arrival(ByteBufUtil.getBytes(buffer), null));
    }

    @Override
    protected void hookOnComplete() {
      arrived.add(new Arrival(new byte[0], End.IN_ORDER));
    }

    @Override
    protected void hookOnError(Throwable broken) {
      arrived.add(new Arrival(new byte[0], End.BROKEN));
    }

    private void settle() {
      if (duplex.scheduler() instanceof VirtualTimeScheduler time) {
        time.advanceTime();
      }
    }

    @Override
    public void write(byte[] bytes) {
      duplex.write(Unpooled.copiedBuffer(bytes), failure -> {});
      settle();
    }

    @Override
    public Arrival read() {
      settle();
      Arrival next;
      try {
        boolean virtual = duplex.scheduler() instanceof VirtualTimeScheduler;
        next = virtual ? arrived.poll() : arrived.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for the other side", e);
      }
      if (next == null) {
        throw nothingCame();
      }
      if (next.end() == null) {
        request(1);
      }
      return next;
    }

    @Override
    public void end() {
      duplex.shutdownOutput();
      settle();
    }

    @Override
    public void reset() {
      duplex.dispose();
      settle();
    }
  }
}
