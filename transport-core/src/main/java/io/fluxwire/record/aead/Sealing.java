package io.fluxwire.record.aead;

import io.fluxwire.record.Padding;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How records are sealed.
 *
 * @param padding how far they are lengthened
 * @param rotation how long keys serve at most, while something is sealed
 * @param nanoTime the clock that says so, in nanoseconds since any moment
 */
public record Sealing(Padding padding, Duration rotation, LongSupplier nanoTime) {}
