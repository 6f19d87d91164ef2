package io.fluxwire.netty;

import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.resolver.ResolvedAddressTypes;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The current content of the operating system's hosts file. Netty's resolver reads the file only
 * once per process, so that a change would need a restart of the node. Blocks: not for an event
 * loop. Thread-safe.
 */
final class HostsFile {

  private static final Logger LOG = LoggerFactory.getLogger(HostsFile.class);

  private final Path path;

  // What follows is guarded by this.
  private @Nullable State read;
  private @Nullable HostsFileEntriesProvider entries;

  /** The attributes by which a change of the file is noticed. */
  private record State(FileTime modified, long size, @Nullable Object key) {}

  HostsFile(Path path) {
    this.path = path;
  }

  /** The system's hosts file. */
  static HostsFile ofSystem() {
    String windows = System.getenv("SystemRoot");
    return new HostsFile(
        windows == null
            ? Path.of("/etc/hosts")
            : Path.of(windows, "system32", "drivers", "etc", "hosts"));
  }

  /** The addresses of a name, of one family; empty if the file has none. */
  synchronized List<InetAddress> addresses(String host, ResolvedAddressTypes family) {
    refresh();
    HostsFileEntriesProvider all = entries;
    if (all == null) {
      return List.of();
    }
    Map<String, List<InetAddress>> known =
        family == ResolvedAddressTypes.IPV6_ONLY ? all.ipv6Entries() : all.ipv4Entries();
    return known.getOrDefault(host.toLowerCase(Locale.ROOT), List.of());
  }

  private void refresh() {
    State now = state();
    if (now == null) {
      entries = null;
    } else if (!now.equals(read)) {
      try {
        entries =
            HostsFileEntriesProvider.parser()
                .parse(path.toFile(), StandardCharsets.UTF_8, Charset.defaultCharset());
      } catch (IOException e) {
        // The previous content is the best that is known.
        LOG.warn("the hosts file cannot be read", e);
      }
    }
    read = now;
  }

  /** Null when there is no such file. */
  private @Nullable State state() {
    try {
      BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
      return new State(file.lastModifiedTime(), file.size(), file.fileKey());
    } catch (IOException e) {
      return null;
    }
  }
}
