/**
 * Which address to try, in which order, and when again (protocol.md section 7, RFC 8305). Policy
 * only: an attempt is the caller's. Start reading at {@link io.fluxwire.dial.Dial}; a round is a
 * {@code Race}, a publisher's life is {@code Connections}.
 */
@NullMarked
package io.fluxwire.dial;

import org.jspecify.annotations.NullMarked;
