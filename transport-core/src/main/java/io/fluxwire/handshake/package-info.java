/**
 * The stages before the first packet of the application (protocol.md sections 1, 2 and 4): {@link
 * io.fluxwire.handshake.SessionKeyExchange}, {@link io.fluxwire.handshake.KeyAgreement}, {@link
 * io.fluxwire.handshake.Authenticator}, in this order. Each is an operator, and each hands on what
 * follows it on the same stream.
 */
@NullMarked
package io.fluxwire.handshake;

import org.jspecify.annotations.NullMarked;
