package io.fluxwire.fleet.jgroups;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Accepts only who has the fleet's key. JGroups reads from what it has accepted on the one thread
 * that accepts, so that anybody could hold it up: here the handshakes run on threads of their own,
 * and what comes out of them is accepted.
 */
final class TlsServerSocket extends ServerSocket {

  /**
   * How many handshakes run at a time. One more ends the oldest: those of members take some
   * milliseconds, so that the oldest are of strangers who say nothing.
   */
  static final int MAX_HANDSHAKES = 16;

  private static final int MAX_READY = 64;

  private final TlsSockets sockets;
  private final BlockingQueue<Socket> ready = new ArrayBlockingQueue<>(MAX_READY);
  private final AtomicBoolean started = new AtomicBoolean();
  private final Deque<TlsSocket> shaking = new ArrayDeque<>();
  private final ExecutorService threads =
      new ThreadPoolExecutor(
          0,
          1 + 2 * MAX_HANDSHAKES,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          TlsServerSocket::thread);

  TlsServerSocket(TlsSockets sockets) throws IOException {
    this.sockets = sockets;
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "fluxwire-fleet-jgroups-accept");
    thread.setDaemon(true);
    return thread;
  }

  /** Waits for the next one that has shown the key. */
  @Override
  public Socket accept() throws IOException {
    try {
      if (started.compareAndSet(false, true)) {
        threads.execute(this::acceptAll);
      }
      while (!isClosed()) {
        Socket next = ready.poll(1, TimeUnit.SECONDS);
        if (next != null) {
          return next;
        }
      }
    } catch (RejectedExecutionException e) {
      // Closed before it began.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new SocketException("closed");
  }

  private void acceptAll() {
    while (!isClosed()) {
      TlsSocket socket = new TlsSocket(sockets);
      try {
        implAccept(socket);
        begin(socket);
        threads.execute(() -> handshake(socket));
      } catch (IOException | RuntimeException e) {
        socket.closeQuietly();
        end(socket);
        pauseIfOpen();
      }
    }
  }

  /** Accepting fails again at once when there are no file descriptors left. */
  private void pauseIfOpen() {
    try {
      if (!isClosed()) {
        Thread.sleep(100);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void begin(TlsSocket socket) {
    TlsSocket oldest = null;
    synchronized (shaking) {
      if (shaking.size() == MAX_HANDSHAKES) {
        oldest = shaking.poll();
      }
      shaking.add(socket);
    }
    if (oldest != null) {
      oldest.end();
    }
  }

  private void handshake(TlsSocket socket) {
    try {
      socket.handshake(false);
      if (isClosed() || !ready.offer(socket)) {
        socket.closeQuietly();
      }
    } catch (IOException | RuntimeException e) {
      if (!isClosed()) {
        sockets.refusals().refused(socket, e);
      }
    } finally {
      end(socket);
    }
  }

  private void end(TlsSocket socket) {
    synchronized (shaking) {
      shaking.remove(socket);
    }
  }

  @Override
  public void close() throws IOException {
    super.close();
    threads.shutdownNow();
    for (Socket left = ready.poll(); left != null; left = ready.poll()) {
      left.close();
    }
  }
}
