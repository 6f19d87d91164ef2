/**
 * How much many connections may hold together, {@link io.fluxwire.memory.MemoryBudget}, what one of
 * them reserves of it, {@link io.fluxwire.memory.Reservation}, and the gate at which it asks before
 * it reads on.
 */
@NullMarked
package io.fluxwire.memory;

import org.jspecify.annotations.NullMarked;
