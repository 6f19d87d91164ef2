/**
 * The interface between the protocol and its transports: a {@link io.fluxwire.transport.Connector}
 * or a {@link io.fluxwire.transport.Listener} provides {@link io.fluxwire.transport.ByteDuplex}es.
 * This package knows nothing of the protocol.
 */
@NullMarked
package io.fluxwire.transport;

import org.jspecify.annotations.NullMarked;
