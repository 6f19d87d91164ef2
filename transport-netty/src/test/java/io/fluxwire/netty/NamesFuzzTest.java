package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import reactor.core.scheduler.Schedulers;
import reactor.netty.tcp.TcpClient;

/**
 * A name server that answers with anything, under the right id, and then that there is no such
 * name: the name has addresses, or it has none, and nothing else comes of it.
 */
class NamesFuzzTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int QUERY = 512;

  private static DatagramSocket server;
  private static Thread answers;
  private static Names names;
  private static volatile byte[] answer = new byte[0];

  @BeforeAll
  static void start() throws IOException {
    server = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    answers = new Thread(NamesFuzzTest::answer, "name-server");
    answers.start();
    InetSocketAddress address = (InetSocketAddress) server.getLocalSocketAddress();
    names =
        new Names(
            new Dns(
                dns ->
                    dns.nameServerProvider(new SingletonDnsServerAddressStreamProvider(address))
                        .resolveCache(NoopDnsCache.INSTANCE)
                        .cnameCache(NoopDnsCnameCache.INSTANCE)
                        .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
                        .queryTimeoutMillis(100),
                HostsFile.ofSystem(),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                Schedulers.parallel()));
  }

  @AfterAll
  static void stop() throws InterruptedException {
    server.close();
    answers.join();
  }

  @FuzzTest
  void resolve(FuzzedDataProvider data) {
    answer = data.consumeBytes(QUERY);
    try {
      List<? extends List<? extends SocketAddress>> found =
          names
              .source(
                  InetSocketAddress.createUnresolved("node.example.", 9735),
                  TcpClient.newConnection())
              .addresses(() -> "a test")
              .collectList()
              .block(LIMIT);
      assertThat(found)
          .isNotEmpty()
          .allSatisfy(
              addresses -> assertThat(addresses).isNotEmpty().allMatch(NamesFuzzTest::isWhole));
    } catch (RuntimeException e) {
      assertThat(e).hasCauseInstanceOf(UnknownHostException.class);
    }
  }

  private static boolean isWhole(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        && !inet.isUnresolved()
        && inet.getPort() == 9735;
  }

  private static void answer() {
    byte[] query = new byte[QUERY];
    try {
      while (true) {
        DatagramPacket asked = new DatagramPacket(query, query.length);
        server.receive(asked);
        byte[] any = answer;
        byte[] first = Arrays.copyOf(any, Math.max(2, any.length));
        first[0] = query[0];
        first[1] = query[1];
        server.send(new DatagramPacket(first, first.length, asked.getSocketAddress()));
        // A response with recursion available and the code "no such name".
        query[2] = (byte) 0x81;
        query[3] = (byte) 0x83;
        server.send(new DatagramPacket(query, asked.getLength(), asked.getSocketAddress()));
      }
    } catch (IOException e) {
      if (!server.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
