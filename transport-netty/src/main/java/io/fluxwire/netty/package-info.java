/**
 * The protocol on Reactor Netty: {@link io.fluxwire.netty.PeerClient} dials, {@link
 * io.fluxwire.netty.PeerServer} listens, both hand out {@link io.fluxwire.PeerConnection}s.
 */
@NullMarked
package io.fluxwire.netty;

import org.jspecify.annotations.NullMarked;
