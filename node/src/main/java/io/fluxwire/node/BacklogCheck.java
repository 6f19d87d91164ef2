package io.fluxwire.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many connections may wait until a node takes them.
 *
 * @param setting the file in which Linux says it
 */
record BacklogCheck(Path setting) implements Check {

  static final int ENOUGH = 1024;

  private static final String NAME = "backlog";

  static BacklogCheck ofThisMachine() {
    return new BacklogCheck(Path.of("/proc/sys/net/core/somaxconn"));
  }

  @Override
  public Finding run() {
    int limit;
    // Linux gives such a file in one read alone, and Files.readString begins with one of a byte.
    try (BufferedReader reader = Files.newBufferedReader(setting)) {
      limit = Integer.parseInt(String.valueOf(reader.readLine()).strip());
    } catch (IOException | NumberFormatException e) {
      return Finding.ok(NAME, "this system does not say how many connections may wait");
    }
    String found = "%,d connections may wait to be taken".formatted(limit);
    return limit >= ENOUGH
        ? Finding.ok(NAME, found)
        : Finding.advice(
            NAME,
            found,
            "when many peers connect at once, some are turned away: as root 'sysctl -w"
                + " net.core.somaxconn=4096'; a file in /etc/sysctl.d with the line"
                + " net.core.somaxconn=4096 keeps it");
  }
}
