package io.fluxwire.node;

/**
 * Which Java this is.
 *
 * @param version as the system property {@code java.version}
 * @param vendor who made it
 * @param processors how many it uses
 */
record JavaCheck(String version, String vendor, int processors) implements Check {

  private static final String NAME = "java";

  static JavaCheck ofThisProcess() {
    return new JavaCheck(
        System.getProperty("java.version", "unknown"),
        System.getProperty("java.vendor", "unknown"),
        Runtime.getRuntime().availableProcessors());
  }

  @Override
  public Finding run() {
    String found = "Java %s (%s), %d processors".formatted(version, vendor, processors);
    return processors > 1
        ? Finding.ok(NAME, found)
        : Finding.advice(
            NAME,
            found,
            "with one processor, handshakes and streams wait for each other: give it two");
  }
}
