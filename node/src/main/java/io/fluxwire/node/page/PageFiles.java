package io.fluxwire.node.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** What the page is made of, read once from the class path. */
final class PageFiles {

  /**
   * A file.
   *
   * @param type its media type
   * @param content its bytes
   */
  record PageFile(String type, byte[] content) {}

  private static final String UPLOT = "/META-INF/resources/webjars/uplot/";

  private final Map<String, PageFile> byPath;

  PageFiles() {
    String uplot = UPLOT + uplotVersion() + "/dist/";
    this.byPath =
        Map.of(
            "/", file("text/html; charset=utf-8", "index.html"),
            "/page.css", file("text/css; charset=utf-8", "page.css"),
            "/page.js", file("text/javascript; charset=utf-8", "page.js"),
            "/charts.js", file("text/javascript; charset=utf-8", "charts.js"),
            "/tables.js", file("text/javascript; charset=utf-8", "tables.js"),
            "/format.js", file("text/javascript; charset=utf-8", "format.js"),
            "/icon.svg", file("image/svg+xml", "icon.svg"),
            "/uplot.js", file("text/javascript; charset=utf-8", uplot + "uPlot.iife.min.js"),
            "/uplot.css", file("text/css; charset=utf-8", uplot + "uPlot.min.css"));
  }

  /** The file at a path of the page. */
  @Nullable PageFile at(String path) {
    return byPath.get(path);
  }

  /** The webjar has its version in its paths. */
  private static String uplotVersion() {
    Properties properties = new Properties();
    try (InputStream in = open("/META-INF/maven/org.webjars.npm/uplot/pom.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  private static PageFile file(String type, String resource) {
    try (InputStream in = open(resource)) {
      return new PageFile(type, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream open(String resource) throws IOException {
    InputStream in = PageFiles.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IOException(resource + " is not on the class path");
    }
    return in;
  }
}
