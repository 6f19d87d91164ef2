/**
 * How much many connections may hold together, {@link io.fluxwire.memory.ByteBudget}, and the gate
 * through which one of them asks before it reads on.
 */
@NullMarked
package io.fluxwire.memory;

import org.jspecify.annotations.NullMarked;
