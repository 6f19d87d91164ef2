package io.fluxwire.benchmarks.wire;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.ldk.structs.Option_NetAddressZ;
import org.ldk.structs.PeerManager;
import org.ldk.structs.Result_CVec_u8ZPeerHandleErrorZ.Result_CVec_u8ZPeerHandleErrorZ_OK;
import org.ldk.structs.Result_boolPeerHandleErrorZ.Result_boolPeerHandleErrorZ_OK;
import org.ldk.structs.SocketDescriptor;
import org.ldk.structs.SocketDescriptor.SocketDescriptorInterface;

/**
 * The sockets of one {@code PeerManager}, on one thread, which is the only one that calls it. Not
 * LDK's own, {@code NioPeerHandler}: most of its connections wait a second for its selector.
 */
final class LdkSockets {

  private static final AtomicLong NUMBERS = new AtomicLong();

  /** What Netty reads at most at once. */
  private static final int READ = 64 * 1024;

  private final PeerManager peers;
  private final Selector selector;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ);
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;

  LdkSockets(PeerManager peers) {
    this.peers = peers;
    try {
      selector = Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    new DefaultThreadFactory("ldk", true).newThread(this::run).start();
  }

  void execute(Runnable task) {
    tasks.add(task);
    selector.wakeup();
  }

  void stop() {
    stopped = true;
    selector.wakeup();
  }

  /** A step of this thread's that a socket can fail. */
  private interface Step {
    void run() throws IOException;
  }

  private static void run(Step step) {
    try {
      step.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void listen(SocketAddress address) {
    run(
        () -> {
          ServerSocketChannel server = ServerSocketChannel.open();
          server.bind(address, 1_024);
          server.configureBlocking(false);
          execute(() -> run(() -> server.register(selector, SelectionKey.OP_ACCEPT)));
        });
  }

  void connect(byte[] peer, InetSocketAddress address) {
    execute(
        () ->
            run(
                () -> {
                  SocketChannel channel = SocketChannel.open();
                  channel.configureBlocking(false);
                  boolean connected = channel.connect(address);
                  Peer with = new Peer(channel, peer);
                  with.key = channel.register(selector, SelectionKey.OP_CONNECT, with);
                  if (connected) {
                    with.connected();
                  }
                }));
  }

  private void run() {
    run(
        () -> {
          try (selector) {
            while (!stopped) {
              selector.select();
              for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
              }
              selector.selectedKeys().forEach(this::ready);
              selector.selectedKeys().clear();
              peers.process_events();
            }
            peers.disconnect_all_peers();
            for (SelectionKey key : selector.keys()) {
              key.channel().close();
            }
          }
        });
  }

  private void ready(SelectionKey key) {
    if (key.attachment() instanceof Peer peer) {
      if (key.isValid() && key.isConnectable()) {
        peer.connected();
      }
      if (key.isValid() && key.isWritable()) {
        peer.writable();
      }
      if (key.isValid() && key.isReadable()) {
        peer.read();
      }
    } else {
      run(() -> accept((ServerSocketChannel) key.channel()));
    }
  }

  private void accept(ServerSocketChannel server) throws IOException {
    for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      Peer peer = new Peer(channel, null);
      peer.key = channel.register(selector, SelectionKey.OP_READ, peer);
      if (!peers.new_inbound_connection(peer.descriptor, Option_NetAddressZ.none()).is_ok()) {
        channel.close();
      }
    }
  }

  /** One socket. */
  private final class Peer implements SocketDescriptorInterface {

    private final long number = NUMBERS.incrementAndGet();
    private final SocketChannel channel;
    private final byte @Nullable [] id;
    private final SocketDescriptor descriptor = SocketDescriptor.new_impl(this);
    private @Nullable SelectionKey key;

    /**
     * A socket.
     *
     * @param id whom it was dialled to; null when the other side dialled
     */
    Peer(SocketChannel channel, byte @Nullable [] id) {
      this.channel = channel;
      this.id = id;
    }

    private void interest(int add, int remove) {
      if (key != null && key.isValid()) {
        key.interestOps((key.interestOps() | add) & ~remove);
      }
    }

    void connected() {
      try {
        channel.finishConnect();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      } catch (IOException e) {
        disconnect_socket();
        return;
      }
      interest(SelectionKey.OP_READ, SelectionKey.OP_CONNECT);
      if (peers.new_outbound_connection(id, descriptor, Option_NetAddressZ.none())
          instanceof Result_CVec_u8ZPeerHandleErrorZ_OK first) {
        send_data(first.res, true);
      } else {
        disconnect_socket();
      }
    }

    void writable() {
      interest(0, SelectionKey.OP_WRITE);
      if (!peers.write_buffer_space_avail(descriptor).is_ok()) {
        disconnect_socket();
      }
    }

    void read() {
      buffer.clear();
      int count;
      try {
        count = channel.read(buffer);
      } catch (IOException e) {
        count = -1;
      }
      if (count < 0) {
        disconnect_socket();
        peers.socket_disconnected(descriptor);
        return;
      }
      byte[] bytes = new byte[count];
      buffer.flip().get(bytes);
      if (peers.read_event(descriptor, bytes) instanceof Result_boolPeerHandleErrorZ_OK paused) {
        if (paused.res) {
          interest(0, SelectionKey.OP_READ);
        }
      } else {
        disconnect_socket();
      }
    }

    @Override
    public long send_data(byte[] data, boolean resumeReading) {
      if (resumeReading) {
        interest(SelectionKey.OP_READ, 0);
      }
      try {
        int written = channel.write(ByteBuffer.wrap(data));
        if (written < data.length) {
          interest(SelectionKey.OP_WRITE, 0);
        }
        return written;
      } catch (IOException e) {
        return 0;
      }
    }

    @Override
    public void disconnect_socket() {
      LdkSockets.run(channel::close);
    }

    @Override
    public boolean eq(SocketDescriptor other) {
      return other.hash() == number;
    }

    @Override
    public long hash() {
      return number;
    }
  }
}
