/**
 * From a fresh connection to one whose peer is known and whose records are sealed: a {@link
 * io.fluxwire.handshake.Handshake} gives a {@link io.fluxwire.handshake.Secured}. Which bytes it
 * exchanges for that is its own affair: {@code v3} and {@code bolt8} are two.
 */
@NullMarked
package io.fluxwire.handshake;

import org.jspecify.annotations.NullMarked;
