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

/** Micrometer is optional: nothing of it is loaded until a registry is given. */
class WithoutMicrometerTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void aClientAndAServerMeet() throws Exception {
    URL[] classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("micrometer"))
            .map(WithoutMicrometerTest::url)
            .toArray(URL[]::new);
    try (URLClassLoader without =
        new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
      assertThat(
              catchThrowable(
                  () -> without.loadClass("io.micrometer.core.instrument.MeterRegistry")))
          .isInstanceOf(ClassNotFoundException.class);
      Object meeting =
          without.loadClass(Meeting.class.getName()).getDeclaredConstructor().newInstance();
      assertThat(((Callable<?>) meeting).call()).isEqualTo("CLOSED_LOCALLY");
    }
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
}
