package io.fluxwire.page;

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

  private static final String CSS = "text/css; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";
  private static final String UPLOT = "/META-INF/resources/webjars/uplot/";

  private final Map<String, PageFile> byPath;

  PageFiles() {
    String uplot = UPLOT + uplotVersion() + "/dist/";
    this.byPath =
        Map.ofEntries(
            Map.entry("/", file("text/html; charset=utf-8", "index.html")),
            Map.entry("/page.css", file(CSS, "page.css")),
            Map.entry("/page.js", file(SCRIPT, "page.js")),
            Map.entry("/charts.js", file(SCRIPT, "charts.js")),
            Map.entry("/dials.js", file(SCRIPT, "dials.js")),
            Map.entry("/dom.js", file(SCRIPT, "dom.js")),
            Map.entry("/fleet.js", file(SCRIPT, "fleet.js")),
            Map.entry("/format.js", file(SCRIPT, "format.js")),
            Map.entry("/reasons.js", file(SCRIPT, "reasons.js")),
            Map.entry("/state.js", file(SCRIPT, "state.js")),
            Map.entry("/tables.js", file(SCRIPT, "tables.js")),
            Map.entry("/icon.svg", file("image/svg+xml", "icon.svg")),
            Map.entry("/uplot.js", file(SCRIPT, uplot + "uPlot.iife.min.js")),
            Map.entry("/uplot.css", file(CSS, uplot + "uPlot.min.css")));
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
    // By the loader: on the module path, the webjar's files are another module's.
    InputStream in =
        resource.startsWith("/")
            ? PageFiles.class.getClassLoader().getResourceAsStream(resource.substring(1))
            : PageFiles.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IOException(resource + " is not on the class path");
    }
    return in;
  }
}
