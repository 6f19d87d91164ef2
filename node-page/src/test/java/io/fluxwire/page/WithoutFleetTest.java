package io.fluxwire.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A node that is no instance of a fleet needs no fleets on its class path. */
class WithoutFleetTest {

  private static URL url(String entry) {
    try {
      return Path.of(entry).toUri().toURL();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static URLClassLoader loader() {
    URL[] urls =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("fleet"))
            .map(WithoutFleetTest::url)
            .toArray(URL[]::new);
    return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
  }

  @Test
  void theMonitorAndThePageWorkAndCanBeLookedInto() throws Exception {
    try (URLClassLoader loader = loader()) {
      assertThatThrownBy(() -> loader.loadClass("io.fluxwire.fleet.FleetGroup"))
          .isInstanceOf(ClassNotFoundException.class);
      Class<?> monitor = loader.loadClass(NodeMonitor.class.getName());
      // As containers do with their beans.
      List<String> methods =
          Arrays.stream(monitor.getMethods()).map(method -> method.getName()).toList();
      assertThat(methods).contains("fleet", "bans");

      Object made = monitor.getConstructor().newInstance();
      Class<?> page = loader.loadClass(NodePage.class.getName());
      Object pages = page.getMethod("of", monitor).invoke(null, made);
      Object bound =
          page.getMethod("bindNow", String.class, int.class).invoke(pages, "127.0.0.1", 0);
      try {
        String url = (String) bound.getClass().getMethod("url").invoke(bound);
        try (InputStream peers = new URL(url + "peers").openStream()) {
          assertThat(new String(peers.readAllBytes(), StandardCharsets.UTF_8))
              .contains("\"count\":0");
        }
      } finally {
        bound.getClass().getMethod("dispose").invoke(bound);
      }
    }
  }
}
