package io.fluxwire.channel.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurabilityTest {

  private static Durability of(String version, String always, String onRewrite) {
    return Durability.of(
        "redis_version:%s\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n".formatted(version),
        Map.of("appendfsync", always, "no-appendfsync-on-rewrite", onRewrite));
  }

  @ParameterizedTest
  @CsvSource({
    "7.0.15, always, no, true, false",
    "7.0.15, always, yes, false, false",
    "7.0.15, everysec, no, false, false",
    "6.2.0, no, no, false, false",
    "7.2.0, always, no, true, false",
    "7.2.0, always, yes, true, true",
    "7.2.4, everysec, no, true, true",
    "8.0.0, no, no, true, true",
  })
  void itFollowsFromTheSettings(
      String version, String policy, String onRewrite, boolean synced, boolean awaits) {
    Durability durability = of(version, policy, onRewrite);

    assertThat(durability.isSynced()).isEqualTo(synced);
    assertThat(durability.awaitsSync()).isEqualTo(awaits);
  }

  @Test
  void whatIsWeakIsNamed() {
    assertThat(of("7.0.15", "everysec", "no").weakness()).contains("appendfsync is everysec");
    assertThat(of("7.0.15", "always", "yes").weakness()).contains("no-appendfsync-on-rewrite yes");
    assertThat(Durability.of("redis_version:8.0.0\r\naof_enabled:0", Map.of()).weakness())
        .contains("appendonly is no");
    assertThat(Durability.of("maxmemory_policy:allkeys-lru\r\naof_enabled:1", Map.of()).weakness())
        .contains("maxmemory-policy is allkeys-lru");
    assertThat(Durability.of("redis_version:7.0.15\r\naof_enabled:1", Map.of()).weakness())
        .contains("CONFIG GET");
    assertThat(Durability.of("", Map.of()).isSynced()).isFalse();
  }
}
