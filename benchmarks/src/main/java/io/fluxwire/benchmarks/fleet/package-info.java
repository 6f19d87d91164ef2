/**
 * A fleet of processes with many peers, whose instances and engine fail by turns. Start reading at
 * {@link io.fluxwire.benchmarks.fleet.FleetTrial}.
 */
@NullMarked
package io.fluxwire.benchmarks.fleet;

import org.jspecify.annotations.NullMarked;
