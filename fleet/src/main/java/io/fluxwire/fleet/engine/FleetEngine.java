package io.fluxwire.fleet.engine;

import reactor.core.publisher.Mono;

/**
 * Joins instances of one fleet. The seam behind which the engines are: each is a module of its own.
 * Test an engine with {@code FleetEngineTck} of the artifact {@code fluxwire-fleet-test-kit}.
 *
 * <p>An engine is made for one fleet, by its name or its configuration; fleets of different names
 * on the same engine do not see each other. An engine checks, where the software behind it can,
 * that only those take part who have the fleet's key.
 */
public interface FleetEngine {

  /**
   * Joins the fleet. Each subscription joins anew, and there may be several instances in one
   * process.
   *
   * @param self the instance that joins
   * @param listener is told what happens, from before this completes until the link has closed
   * @return emits the link once the instance is a member and knows the others; errors with {@link
   *     FleetEngineException} when that is not possible now. Cancelling leaves the fleet, also if
   *     the link has been made meanwhile
   */
  Mono<EngineLink> join(InstanceId self, EngineListener listener);
}
