package io.fluxwire.node;

import io.netty.util.internal.PlatformDependent;

/**
 * How much memory this process may take.
 *
 * @param heap bytes for objects
 * @param buffers bytes for what goes in and out of sockets, beside the heap
 */
record MemoryCheck(long heap, long buffers) implements Check {

  private static final long MIB = 1 << 20;

  static final long ENOUGH = 256 * MIB;

  private static final String NAME = "memory";

  static MemoryCheck ofThisProcess() {
    return new MemoryCheck(Runtime.getRuntime().maxMemory(), PlatformDependent.maxDirectMemory());
  }

  @Override
  public Finding run() {
    String found = "%,d MiB of heap, and %,d MiB for buffers".formatted(heap / MIB, buffers / MIB);
    return heap >= ENOUGH && buffers >= ENOUGH
        ? Finding.ok(NAME, found)
        : Finding.advice(
            NAME, found, "many peers need more: FLUXWIRE_JAVA_OPTS=-Xmx1g gives a GiB of each");
  }
}
