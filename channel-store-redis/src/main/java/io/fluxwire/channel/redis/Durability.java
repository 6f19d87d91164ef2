package io.fluxwire.channel.redis;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How durable the changes are that a Redis reports as stored, according to its settings.
 *
 * @param awaitsSync whether each change has to wait for a sync by WAITAOF
 * @param weakness why it may lose what it has reported; null if its disk has all of that
 */
record Durability(boolean awaitsSync, @Nullable String weakness) {

  /** WAITAOF exists since Redis 7.2. */
  private static final int SYNC_MAJOR = 7;

  private static final int SYNC_MINOR = 2;

  private static final Pattern VERSION = Pattern.compile("redis_version:(\\d+)\\.(\\d+)");
  private static final Pattern EVICTION = Pattern.compile("maxmemory_policy:(allkeys-\\w+)");

  boolean isSynced() {
    return weakness == null;
  }

  /**
   * The durability according to the texts of INFO and of CONFIG GET, of which the latter is empty
   * if it is not permitted.
   */
  static Durability of(String info, Map<String, String> config) {
    Matcher eviction = EVICTION.matcher(info);
    if (eviction.find()) {
      return weak("its maxmemory-policy is %s, which deletes any key".formatted(eviction.group(1)));
    }
    if (!info.contains("aof_enabled:1")) {
      return weak("it has no append-only file (appendonly is no)");
    }
    if ("always".equals(config.get("appendfsync"))
        && "no".equals(config.get("no-appendfsync-on-rewrite"))) {
      return new Durability(false, null);
    }
    if (canAwaitSync(info)) {
      return new Durability(true, null);
    }
    return weak(
        config.isEmpty()
            ? "its version has no WAITAOF, and CONFIG GET, which says when it syncs, is not permitted"
            : "its version has no WAITAOF, and appendfsync is %s, no-appendfsync-on-rewrite %s"
                .formatted(config.get("appendfsync"), config.get("no-appendfsync-on-rewrite")));
  }

  private static Durability weak(String why) {
    return new Durability(false, why);
  }

  private static boolean canAwaitSync(String info) {
    Matcher version = VERSION.matcher(info);
    if (!version.find()) {
      return false;
    }
    int major = Integer.parseInt(version.group(1));
    return major > SYNC_MAJOR
        || (major == SYNC_MAJOR && Integer.parseInt(version.group(2)) >= SYNC_MINOR);
  }
}
