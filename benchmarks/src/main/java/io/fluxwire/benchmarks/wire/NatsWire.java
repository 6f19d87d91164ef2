package io.fluxwire.benchmarks.wire;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamReader;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/**
 * JetStream in a NATS server of its own, on files, between a sender and one pulling receiver.
 * Packets are published in batches of 1 MiB, some in flight, and deleted once they were
 * acknowledged. The sender waits while the stream holds as much as a channel may keep.
 */
final class NatsWire implements OneWay, StoredSends {

  private static final String PROGRAM = "nats-server";
  private static final String STREAM = "packets";
  private static final int BATCH = 1 << 20;
  private static final int BATCHES_IN_FLIGHT = 3;

  /** What a channel keeps by default. */
  private static final long KEPT = 16L << 20;

  /** How many a stream keeps of what nobody takes. */
  private static final int LATEST = 10_000;

  private final String name;
  private final Scratch scratch;

  NatsWire(String name, Scratch scratch) {
    this.name = name;
    this.scratch = scratch;
  }

  /** Returns its version; null where there is none. */
  static @Nullable String version() {
    return Programs.version(PROGRAM, "--version");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Flux<Integer> flow(int size) {
    return Flux.create(
        sink -> {
          Run run = new Run(new Server(scratch), size, sink);
          sink.onDispose(run);
          run.start();
        });
  }

  @Override
  public Flux<Mono<?>> open(int size) {
    byte[] packet = new byte[size];
    return Flux.using(
        () -> {
          Server server = new Server(scratch);
          server.make(
              StreamConfiguration.builder().retentionPolicy(RetentionPolicy.Limits), LATEST);
          return server;
        },
        server ->
            Flux.<Mono<?>>never()
                .startWith(
                    Mono.fromCompletionStage(() -> server.stream.publishAsync(STREAM, packet))),
        Disposable::dispose);
  }

  /** Acknowledgements are under way when a measurement ends; what matters fails what was asked. */
  private static final class Quiet implements ErrorListener {}

  /** A process and a connection to it. */
  private static final class Server implements Disposable {

    private final Path folder;
    private final Process process;
    private final String uri;
    private final Connection connection;
    private final JetStream stream;

    Server(Scratch scratch) {
      folder = scratch.folder();
      try {
        String port = String.valueOf(Programs.unusedPort());
        process =
            scratch.start(
                new ProcessBuilder(
                        List.of(
                            PROGRAM,
                            "--addr",
                            "127.0.0.1",
                            "--port",
                            port,
                            "--jetstream",
                            "--store_dir",
                            folder.toString()))
                    .redirectErrorStream(true));
        Programs.awaitLine(process, "Server is ready");
        uri = "nats://127.0.0.1:" + port;
        connection = connect();
        stream = connection.jetStream();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    Connection connect() throws IOException {
      try {
        return Nats.connect(
            Options.builder().server(uri).noReconnect().errorListener(new Quiet()).build());
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }

    void make(StreamConfiguration.Builder settings, long maxMessages)
        throws IOException, JetStreamApiException {
      connection
          .jetStreamManagement()
          .addStream(
              settings
                  .name(STREAM)
                  .subjects(STREAM)
                  .storageType(StorageType.File)
                  .maxMessages(maxMessages)
                  .build());
    }

    @Override
    public void dispose() {
      try {
        connection.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      process.destroyForcibly().onExit().join();
      Scratch.delete(folder);
    }
  }

  /** Two sides for as long as somebody listens. */
  private static final class Run implements Disposable {

    private final Server server;
    private final int size;
    private final int count;
    private final FluxSink<Integer> sink;
    private final Thread sender = new Thread(() -> run(this::send), "nats-sender");
    private final Thread receiver = new Thread(() -> run(this::receive), "nats-receiver");
    private volatile boolean over;

    Run(Server server, int size, FluxSink<Integer> sink) {
      this.server = server;
      this.size = size;
      this.count = Math.max(1, BATCH / size);
      this.sink = sink;
    }

    private interface Side {
      void run()
          throws IOException, JetStreamApiException, InterruptedException, ExecutionException;
    }

    void start() {
      run(
          () -> {
            server.make(
                StreamConfiguration.builder().retentionPolicy(RetentionPolicy.WorkQueue), -1);
            sender.start();
            receiver.start();
          });
    }

    private void run(Side side) {
      try {
        side.run();
      } catch (IOException
          | JetStreamApiException
          | InterruptedException
          | ExecutionException
          | IllegalStateException e) {
        if (!over) {
          sink.error(e);
        }
      }
    }

    private void send()
        throws IOException, JetStreamApiException, InterruptedException, ExecutionException {
      JetStreamManagement management = server.connection.jetStreamManagement();
      byte[] packet = new byte[size];
      Deque<CompletableFuture<Void>> inFlight = new ArrayDeque<>();
      while (!over) {
        List<CompletableFuture<?>> added = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          added.add(server.stream.publishAsync(STREAM, packet));
        }
        inFlight.add(CompletableFuture.allOf(added.toArray(CompletableFuture[]::new)));
        if (inFlight.size() == BATCHES_IN_FLIGHT) {
          inFlight.remove().get();
          while (!over
              && management.getStreamInfo(STREAM).getStreamState().getMsgCount() * size >= KEPT) {
            Thread.sleep(1);
          }
        }
      }
    }

    private void receive() throws IOException, JetStreamApiException, InterruptedException {
      Connection connection = server.connect();
      JetStreamSubscription subscription =
          connection
              .jetStream()
              .subscribe(
                  STREAM,
                  PullSubscribeOptions.builder()
                      .durable("receiver")
                      .configuration(
                          ConsumerConfiguration.builder().maxAckPending(KEPT / size).build())
                      .build());
      JetStreamReader reader = subscription.reader(2 * count, count);
      while (!over) {
        Message packet = reader.nextMessage(Duration.ofSeconds(1));
        if (packet != null) {
          sink.next(packet.getData().length);
          packet.ack();
        }
      }
      connection.close();
    }

    @Override
    public void dispose() {
      over = true;
      sender.interrupt();
      receiver.interrupt();
      try {
        sender.join();
        receiver.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      server.dispose();
    }
  }
}
