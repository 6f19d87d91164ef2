package io.fluxwire.testing;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Fails the test run when a buffer was leaked, or when a thread that must not block has blocked.
 * Netty only logs a leak, and the assertion error of a blocking call may be swallowed. So both end
 * the test JVM with a status that fails the build, whichever engine ran the test.
 *
 * <p>This happens at the end of the JVM and not of a test, since a leak is found only after a
 * garbage collection.
 */
public final class LeakGate {

  private static final int FAILED = 97;
  private static final int MAX_PRINTED = 60;
  private static final int MAX_FAULTS = 100;
  private static final Path REPORT = Path.of("target", "surefire-reports", "leak-gate.txt");

  private static final Queue<String> FAULTS = new ConcurrentLinkedQueue<>();

  private LeakGate() {}

  /** Starts to watch. Has to come before the first buffer is allocated. */
  static void install() {
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Factory());
    Runtime.getRuntime().addShutdownHook(new Thread(LeakGate::close, "leak-gate"));
  }

  static void report(String fault) {
    if (FAULTS.size() < MAX_FAULTS) {
      FAULTS.add(fault);
    }
  }

  private static void close() {
    try {
      collect();
      if (FAULTS.isEmpty()) {
        Files.deleteIfExists(REPORT);
        return;
      }
      String text = String.join(System.lineSeparator(), FAULTS);
      // Written to the file descriptor itself, since Surefire no longer reads System.err.
      PrintStream err =
          new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
      err.println("LEAK GATE: faults: " + FAULTS.size() + ", see " + REPORT.toAbsolutePath());
      text.lines().limit(MAX_PRINTED).forEach(err::println);
      Files.createDirectories(REPORT.getParent());
      Files.writeString(REPORT, text);
    } catch (IOException | InterruptedException e) {
      report(e.toString());
    }
    Runtime.getRuntime().halt(FAILED);
  }

  /** Netty looks for leaks when it allocates, after the collector has found the buffer dead. */
  private static void collect() throws InterruptedException {
    for (int round = 0; round < 3; round++) {
      ReferenceQueue<Object> queue = new ReferenceQueue<>();
      PhantomReference<Object> canary = new PhantomReference<>(new Object(), queue);
      try {
        System.gc();
        queue.remove(1000);
      } finally {
        Reference.reachabilityFence(canary);
      }
      for (ByteBufAllocator allocator :
          new ByteBufAllocator[] {PooledByteBufAllocator.DEFAULT, ByteBufAllocator.DEFAULT}) {
        allocator.heapBuffer(1).release();
        allocator.directBuffer(1).release();
      }
    }
  }

  private static final class Factory extends ResourceLeakDetectorFactory {

    @Override
    @SuppressWarnings("deprecation") // the one that the others call
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> resource, int samplingInterval, long maxActive) {
      return new Detector<>(resource, samplingInterval);
    }

    @Override
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> resource, int samplingInterval) {
      return new Detector<>(resource, samplingInterval);
    }
  }

  private static final class Detector<T> extends ResourceLeakDetector<T> {

    Detector(Class<?> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      report("LEAK: " + resourceType + records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      report("LEAK: " + resourceType);
    }
  }
}
