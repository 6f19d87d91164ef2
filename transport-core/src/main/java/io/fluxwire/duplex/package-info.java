/**
 * The seam between the protocol and what carries its bytes, {@link io.fluxwire.duplex.ByteDuplex}.
 * No protocol here.
 */
@NullMarked
package io.fluxwire.duplex;

import org.jspecify.annotations.NullMarked;
