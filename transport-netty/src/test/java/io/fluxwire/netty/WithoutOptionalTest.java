package io.fluxwire.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fluxwire.PeerConnection;
import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What is optional is not loaded until it is asked for: Micrometer with a registry, the codec of
 * the PROXY protocol with a proxy.
 */
class WithoutOptionalTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static Object call(Class<? extends Callable<?>> code, String missing, String type)
      throws Exception {
    URL[] classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains(missing))
            .map(WithoutOptionalTest::url)
            .toArray(URL[]::new);
    try (URLClassLoader without =
        new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
      assertThat(catchThrowable(() -> without.loadClass(type)))
          .isInstanceOf(ClassNotFoundException.class);
      Object callable = without.loadClass(code.getName()).getDeclaredConstructor().newInstance();
      return ((Callable<?>) callable).call();
    }
  }

  @Test
  void aClientAndAServerMeetWithoutMicrometer() throws Exception {
    assertThat(call(Meeting.class, "micrometer", "io.micrometer.core.instrument.MeterRegistry"))
        .isEqualTo("CLOSED_LOCALLY");
  }

  @Test
  void aClientAndAServerMeetWithoutTheCodecOfTheProxyProtocol() throws Exception {
    String type = "io.netty.handler.codec.haproxy.HAProxyMessage";
    assertThat(call(Meeting.class, "netty-codec-haproxy", type)).isEqualTo("CLOSED_LOCALLY");
    assertThat(call(Proxies.class, "netty-codec-haproxy", type))
        .isEqualTo("the PROXY protocol needs io.netty:netty-codec-haproxy, which is not there");
  }

  private static URL url(String entry) {
    try {
      return new File(entry).toURI().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** A client and a server that meet, for a class loader of its own. */
  public static final class Meeting implements Callable<String> {

    @Override
    public String call() {
      DisposablePeerServer server = PeerServer.create().host("127.0.0.1").bindNow();
      PeerConnection<?> peer =
          PeerClient.create().remote("127.0.0.1", server.port()).connect().block(LIMIT);
      peer.close().block(LIMIT);
      server.disposeNow(LIMIT);
      return peer.onClose().block(LIMIT).reason().name();
    }
  }

  /** A server that knows a proxy, for a class loader of its own. */
  public static final class Proxies implements Callable<String> {

    @Override
    public String call() {
      try {
        return PeerServer.create().proxyProtocol(address -> true).toString();
      } catch (IllegalStateException e) {
        return e.getMessage();
      }
    }
  }
}
