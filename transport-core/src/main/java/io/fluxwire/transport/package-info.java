/**
 * The seam between the protocol and what carries its bytes: a {@link
 * io.fluxwire.transport.Connector} or a {@link io.fluxwire.transport.Listener} gives {@link
 * io.fluxwire.transport.ByteDuplex}es. No protocol here.
 */
@NullMarked
package io.fluxwire.transport;

import org.jspecify.annotations.NullMarked;
