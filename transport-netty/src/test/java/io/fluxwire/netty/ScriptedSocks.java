package io.fluxwire.netty;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A SOCKS 5 proxy (RFC 1928, 1929) that resolves nothing: it connects to one address whatever name
 * it is given, or answers as a test says.
 */
final class ScriptedSocks implements AutoCloseable {

  /** What it was asked for, as {@code user:password@host:port}; a name is in quotes. */
  final Queue<String> asked = new ConcurrentLinkedQueue<>();

  /** The bytes of its answers are sent one by one. */
  volatile boolean slow;

  private final ServerSocket server;
  private final SocketAddress target;
  private final int status;
  private final @Nullable String login;

  /**
   * Starts.
   *
   * @param target where it connects to
   * @param status what it answers; 0 for success
   * @param login the user's name and password it takes, joined by a colon; null wants none
   */
  ScriptedSocks(SocketAddress target, int status, @Nullable String login) throws IOException {
    this.target = target;
    this.status = status;
    this.login = login;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(
        () -> {
          while (true) {
            Socket client = server.accept();
            start(() -> serve(client));
          }
        });
  }

  SocksProxy proxy() {
    return SocksProxy.of("127.0.0.1", server.getLocalPort());
  }

  /** Code that ends when a socket is closed. */
  private interface Work {
    void run() throws IOException;
  }

  private static void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // Closed, by either side.
              }
            },
            "scripted-socks");
    thread.setDaemon(true);
    thread.start();
  }

  private void serve(Socket client) throws IOException {
    try (client) {
      DataInputStream in = new DataInputStream(client.getInputStream());
      OutputStream out = client.getOutputStream();
      in.readUnsignedByte();
      byte[] methods = in.readNBytes(in.readUnsignedByte());
      int method = login == null ? 0 : 2;
      boolean offered = new String(methods, StandardCharsets.ISO_8859_1).indexOf(method) >= 0;
      say(out, 5, offered ? method : 0xff);
      if (!offered) {
        return;
      }
      String who = login == null ? "" : login(in, out) + "@";
      in.skipNBytes(3);
      String host =
          switch (in.readUnsignedByte()) {
            case 3 -> '"' + text(in) + '"';
            case 4 -> InetAddress.getByAddress(in.readNBytes(16)).getHostAddress();
            default -> InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
          };
      asked.add(who + host + ":" + in.readUnsignedShort());
      if (status != 0) {
        say(out, 5, status, 0, 1, 0, 0, 0, 0, 0, 0);
        return;
      }
      client.setTcpNoDelay(true);
      try (Socket peer = new Socket()) {
        peer.connect(target);
        say(out, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0);
        start(() -> peer.getInputStream().transferTo(out));
        in.transferTo(peer.getOutputStream());
      }
    }
  }

  private String login(DataInputStream in, OutputStream out) throws IOException {
    in.readUnsignedByte();
    String given = text(in) + ":" + text(in);
    say(out, 1, given.equals(login) ? 0 : 1);
    if (!given.equals(login)) {
      throw new IOException("of a test");
    }
    return given;
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
  }

  private void say(OutputStream out, int... bytes) throws IOException {
    byte[] all = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      all[i] = (byte) bytes[i];
    }
    int piece = slow ? 1 : all.length;
    for (int i = 0; i < all.length; i += piece) {
      out.write(all, i, piece);
    }
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
