/**
 * Which address to try, in which order, and when again (protocol.md section 7, RFC 8305). Policy
 * only: an attempt is the caller's. Start reading at {@link io.fluxwire.dial.Dial}; one round is a
 * {@code DialRound}, of a {@code Resolution} and an {@code AddressQueue}; a publisher's life is a
 * {@code ReconnectingFlux}.
 */
@NullMarked
package io.fluxwire.dial;

import org.jspecify.annotations.NullMarked;
