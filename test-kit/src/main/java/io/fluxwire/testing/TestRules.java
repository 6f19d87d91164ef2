package io.fluxwire.testing;

import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * What holds for every test of every module: nothing leaks, and nothing blocks a thread that must
 * not. BlockHound is loaded before any engine, which makes it the place to start {@link LeakGate}.
 */
public final class TestRules implements BlockHoundIntegration {

  @Override
  public void applyTo(BlockHound.Builder builder) {
    LeakGate.install();
    // Netty's allocator waits for its own short lock when threads meet there.
    builder.allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator", "allocate");
    builder.allowBlockingCallsInside(
        "io.netty.buffer.AdaptivePoolingAllocator$AdaptiveByteBuf", "deallocate");
    builder.allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator$Magazine", "free");
    // The TCK's subscribers hand what they got to the test's own thread by a queue with a lock.
    builder.allowBlockingCallsInside("org.reactivestreams.tck.TestEnvironment$Receptacle", "add");
    builder.allowBlockingCallsInside(
        "org.reactivestreams.tck.TestEnvironment$Receptacle", "complete");
    // A curve thread that starts or ends holds its pool's list for an instant.
    builder.allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "addWorker");
    // Whoever changes a pool's size looks at each of its threads, holding that one's lock.
    builder.allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor$Worker", "lock");
    builder.blockingMethodCallback(
        method -> {
          BlockingOperationError error = new BlockingOperationError(method);
          StringBuilder fault = new StringBuilder("BLOCKED: ").append(Thread.currentThread());
          fault.append(' ').append(error.getMessage());
          for (StackTraceElement frame : error.getStackTrace()) {
            fault.append(System.lineSeparator()).append("  at ").append(frame);
          }
          LeakGate.report(fault.toString());
          throw error;
        });
  }
}
