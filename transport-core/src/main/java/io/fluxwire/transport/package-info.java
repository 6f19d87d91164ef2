/**
 * The seam between the protocol and what carries its bytes, {@link
 * io.fluxwire.transport.ByteDuplex}. No protocol here.
 */
@NullMarked
package io.fluxwire.transport;

import org.jspecify.annotations.NullMarked;
