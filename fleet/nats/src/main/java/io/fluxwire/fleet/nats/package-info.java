/**
 * The engine of a fleet on NATS. Start reading at {@link io.fluxwire.fleet.nats.NatsEngine}; which
 * subjects there are, and what is said on them, is in {@code Subjects}.
 */
@NullMarked
package io.fluxwire.fleet.nats;

import org.jspecify.annotations.NullMarked;
