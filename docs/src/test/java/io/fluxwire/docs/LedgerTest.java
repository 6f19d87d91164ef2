package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import chat.Chat;
import chat.proto.ChatPkt;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.channel.disk.DiskChannelStore;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.DisposablePeerServer;
import io.fluxwire.netty.PeerClient;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/** Kills the bank of the page on channels at every statement: each payment is booked once. */
@Tag("processes")
class LedgerTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PAYMENTS = 40;

  /** What a start and a booking run, and the first of the next one. */
  private static final int STATEMENTS = 9;

  @TempDir private Path temporary;

  @Test
  void everyPaymentIsBookedOnceWhereverTheBankIsKilled() throws Exception {
    NodeKey bank = NodeKey.loadOrCreate(temporary.resolve("bank.key"));
    InetSocketAddress address = freeAddress();
    PeerChannel<ChatPkt> payments =
        PeerClient.create(NodeKey.generate(), Chat.CODEC)
            .remote(address)
            .expect(bank.id())
            .reconnect(spec -> spec.backoff(Duration.ofMillis(5), Duration.ofMillis(50)))
            .channel("payments", ChannelSpec.of(MemoryChannelStore.create()))
            .block(LIMIT);
    long sent =
        payments
            .send(Flux.range(1, PAYMENTS).map(amount -> Chat.say(String.valueOf(amount))))
            .block(LIMIT);

    for (int statement = 1; statement <= STATEMENTS; statement++) {
      assertThat(run(address, statement)).as("killed at statement %d", statement).isEqualTo(137);
    }
    Process last = start(address, 0);
    payments.acknowledged(sent).block(LIMIT);
    last.destroyForcibly().waitFor();
    payments.close().block(LIMIT);

    try (Connection database = open(temporary)) {
      Ledger ledger = new Ledger(database);
      assertThat(ledger.position()).isEqualTo(PAYMENTS);
      assertThat(ledger.total()).isEqualTo(PAYMENTS * (PAYMENTS + 1) / 2);
    }
  }

  private static InetSocketAddress freeAddress() throws IOException {
    try (ServerSocket probe = new ServerSocket(0)) {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), probe.getLocalPort());
    }
  }

  private int run(InetSocketAddress address, int statement) throws Exception {
    Process process = start(address, statement);
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private Process start(InetSocketAddress address, int statement) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            LedgerTest.class.getName(),
            temporary.toString(),
            String.valueOf(address.getPort()),
            String.valueOf(statement))
        .redirectErrorStream(true)
        .redirectOutput(new File("target/ledger-test.log"))
        .start();
  }

  private static Connection open(Path folder) throws Exception {
    return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger"));
  }

  /** The bank, which is killed at the n-th statement; at none if that is 0. */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    int[] left = {Integer.parseInt(args[2])};
    Connection database = killedAt(left, open(folder));
    DisposablePeerServer server =
        Channels.bank(
            NodeKey.load(folder.resolve("bank.key")),
            Integer.parseInt(args[1]),
            DiskChannelStore.create(folder.resolve("channels")),
            new Ledger(database));
    server.onDispose().block();
  }

  private static Connection killedAt(int[] left, Connection database) {
    return counted(Connection.class, database, left);
  }

  /** Counts what is run and committed, and what comes of it. */
  private static <T> T counted(Class<T> type, T target, int[] left) {
    return type.cast(
        Proxy.newProxyInstance(
            LedgerTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().startsWith("execute") || method.getName().equals("commit")) {
                count(left);
              }
              Object result;
              try {
                result = method.invoke(target, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              return result instanceof PreparedStatement prepared
                  ? counted(PreparedStatement.class, prepared, left)
                  : result instanceof Statement plain
                      ? counted(Statement.class, plain, left)
                      : result;
            }));
  }

  private static void count(int[] left) {
    if (--left[0] == 0) {
      // As kill -9: no hook runs, and nothing is flushed.
      Runtime.getRuntime().halt(137);
    }
  }
}
