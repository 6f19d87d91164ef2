/**
 * The handshake of today's Lightning nodes (protocol.md section 11): {@link
 * io.fluxwire.handshake.bolt8.Bolt8Handshake}.
 */
@NullMarked
package io.fluxwire.handshake.bolt8;

import org.jspecify.annotations.NullMarked;
