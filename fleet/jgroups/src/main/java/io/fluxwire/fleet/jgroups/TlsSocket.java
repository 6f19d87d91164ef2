package io.fluxwire.fleet.jgroups;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A socket whose connecting includes the handshake of TLS, and which has a deadline for that and
 * for each write. The JDK's has none for either.
 */
final class TlsSocket extends Socket {

  /** How long a handshake may take. */
  static final Duration HANDSHAKE = Duration.ofSeconds(3);

  /** How long a write may take: the peer's network or process does not move any more. */
  static final Duration WRITE = Duration.ofSeconds(3);

  private static final long NONE = 0;

  /** The size of JGroups' word for closing: a message has that many bytes for its length alone. */
  private static final int GOODBYE = Integer.BYTES;

  private final TlsSockets sockets;

  /** By the system's nano clock, or {@link #NONE}. */
  private volatile long deadline = NONE;

  private volatile @Nullable SSLSocket tls;
  private volatile boolean ended;
  private volatile boolean heard;

  TlsSocket(TlsSockets sockets) {
    this.sockets = sockets;
  }

  @Override
  public void connect(SocketAddress to, int timeout) throws IOException {
    super.connect(to, timeout);
    try {
      handshake(true);
    } catch (IOException e) {
      sockets.refusals().failed(to, e);
      throw e;
    }
  }

  /**
   * Secures the connection; closes it when that fails.
   *
   * @throws IOException when the other side does not show the key in time
   */
  void handshake(boolean client) throws IOException {
    sockets.opened(this);
    start(HANDSHAKE);
    try {
      SSLSocket secured = sockets.tls().over(this, client);
      secured.startHandshake();
      tls = secured;
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    } finally {
      deadline = NONE;
    }
  }

  private void start(Duration step) {
    long until = System.nanoTime() + step.toNanos();
    deadline = until == NONE ? NONE + 1 : until;
  }

  void closeIfOverdue(long now) {
    long until = deadline;
    if (until != NONE && now - until >= 0) {
      end();
    }
  }

  /** Closes it since it took too long. */
  void end() {
    ended = true;
    closeQuietly();
  }

  /** Whether it took too long. */
  boolean hasTakenTooLong() {
    return ended;
  }

  /** Whether the other side has said anything. */
  boolean hasHeard() {
    return heard;
  }

  void closeQuietly() {
    try {
      close();
    } catch (IOException e) {
      // It was to be closed, and whoever uses it learns of it.
    }
  }

  /**
   * Closes the connection without TLS' word for it, for which one would have to wait. JGroups has
   * its own.
   */
  @Override
  public synchronized void close() throws IOException {
    sockets.closed(this);
    super.close();
  }

  /** The secured stream; before the handshake, when TLS asks for it, that of the connection. */
  @Override
  public InputStream getInputStream() throws IOException {
    SSLSocket secured = tls;
    return secured == null ? new Listening(super.getInputStream()) : secured.getInputStream();
  }

  /** The secured stream; before the handshake, when TLS asks for it, that of the connection. */
  @Override
  public OutputStream getOutputStream() throws IOException {
    SSLSocket secured = tls;
    return secured == null ? super.getOutputStream() : new WithDeadline(secured.getOutputStream());
  }

  /** Notices what comes. */
  private final class Listening extends FilterInputStream {

    Listening(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int next = in.read();
      if (next >= 0) {
        heard = true;
      }
      return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = in.read(bytes, offset, length);
      if (count > 0) {
        heard = true;
      }
      return count;
    }
  }

  /** Is written to by one thread at a time. */
  private final class WithDeadline extends FilterOutputStream {

    WithDeadline(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      start(WRITE);
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        if (length != GOODBYE) {
          throw e;
        }
        // It is closed already: JGroups would log an error for each member that leaves.
      } finally {
        deadline = NONE;
      }
    }
  }
}
