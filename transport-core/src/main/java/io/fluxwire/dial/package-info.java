/**
 * Which address to try, in which order, and what it means when none answers (protocol.md section
 * 7). Policy only: an attempt is the caller's. Start reading at {@link io.fluxwire.dial.Dial}.
 */
@NullMarked
package io.fluxwire.dial;

import org.jspecify.annotations.NullMarked;
