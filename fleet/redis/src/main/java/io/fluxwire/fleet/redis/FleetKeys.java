package io.fluxwire.fleet.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fluxwire.fleet.engine.InstanceId;

/**
 * The names of a fleet's keys and channels in Redis, as {@code common.lua} describes them. Only the
 * part between the braces decides the slot of a cluster.
 *
 * @param prefix begins all names
 */
record FleetKeys(String prefix) {

  static FleetKeys of(String fleet) {
    return new FleetKeys("fluxwire:fleet:{%s}:".formatted(fleet));
  }

  byte[] changes() {
    return bytes("changes");
  }

  byte[] inbox(InstanceId instance) {
    return bytes("to:" + instance);
  }

  byte[] rows(InstanceId instance) {
    return bytes("rows:" + instance);
  }

  byte[] rules() {
    return bytes("rules");
  }

  private byte[] bytes(String name) {
    return (prefix + name).getBytes(UTF_8);
  }
}
