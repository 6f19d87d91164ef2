/**
 * What the engine of a fleet is tested with. Extend {@link
 * io.fluxwire.fleet.testing.FleetEngineTck}.
 */
@NullMarked
package io.fluxwire.fleet.testing;

import org.jspecify.annotations.NullMarked;
