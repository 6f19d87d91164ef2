/**
 * The handshake of version 3 (protocol.md sections 1, 2 and 4): {@link
 * io.fluxwire.handshake.v3.SessionKeyExchange}, {@link io.fluxwire.handshake.v3.KeyAgreement},
 * {@link io.fluxwire.handshake.v3.Authenticator}, in this order. Each is an operator that can be
 * used alone, and leaves what follows it to be read by the next; {@link
 * io.fluxwire.handshake.v3.V3Handshake} puts them together.
 */
@NullMarked
package io.fluxwire.handshake.v3;

import org.jspecify.annotations.NullMarked;
