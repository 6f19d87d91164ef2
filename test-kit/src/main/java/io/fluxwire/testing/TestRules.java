package io.fluxwire.testing;

import java.util.List;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * The rules for every test of every module: no buffer leaks, and no thread blocks that must not.
 * BlockHound is loaded before any test engine, so {@link LeakGate} is started here.
 */
public final class TestRules implements BlockHoundIntegration {

  @Override
  public void applyTo(BlockHound.Builder builder) {
    LeakGate.install();
    // Netty's allocator waits for its own short lock when several threads use it at once.
    builder.allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator", "allocate");
    builder.allowBlockingCallsInside(
        "io.netty.buffer.AdaptivePoolingAllocator$AdaptiveByteBuf", "deallocate");
    builder.allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator$Magazine", "free");
    // The TCK's subscribers pass what they receive to the test's thread by a queue with a lock.
    builder.allowBlockingCallsInside("org.reactivestreams.tck.TestEnvironment$Receptacle", "add");
    builder.allowBlockingCallsInside(
        "org.reactivestreams.tck.TestEnvironment$Receptacle", "complete");
    // A curve thread that starts or ends holds its pool's list for an instant.
    builder.allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "addWorker");
    // A change of a pool's size takes the lock of each of the pool's threads.
    builder.allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor$Worker", "lock");
    // A connection of Lettuce's that ends waits for whoever writes to it at this moment, and who
    // writes waits for it.
    builder.allowBlockingCallsInside("io.lettuce.core.protocol.SharedLock", "doExclusive");
    builder.allowBlockingCallsInside("io.lettuce.core.protocol.SharedLock", "incrementWriters");
    // Whoever ends a timer takes the lock of its scheduler's queue. Reactor permits this for tasks
    // that run once, and has forgotten those that are repeated.
    for (String task :
        List.of("PeriodicWorkerTask", "PeriodicSchedulerTask", "InstantPeriodicWorkerTask")) {
      builder.allowBlockingCallsInside("reactor.core.scheduler." + task, "dispose");
    }
    // Lettuce ends its threads from one of them, by a task in a queue with a lock.
    builder.allowBlockingCallsInside("io.lettuce.core.resource.DefaultClientResources", "shutdown");
    builder.blockingMethodCallback(
        method -> {
          BlockingOperationError error = new BlockingOperationError(method);
          StringBuilder fault = new StringBuilder("BLOCKED: ").append(Thread.currentThread());
          fault.append(' ').append(error.getMessage());
          for (StackTraceElement frame : error.getStackTrace()) {
            fault.append(System.lineSeparator()).append("  at ").append(frame);
          }
          // Not thrown: a thread that leaves a lock's queue by an error stays in it for ever, and
          // everybody behind it, so that the tests that then fail say nothing about the cause.
          LeakGate.report(fault.toString());
        });
  }
}
