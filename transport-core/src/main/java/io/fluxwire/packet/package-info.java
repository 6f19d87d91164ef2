/**
 * The meaning of payloads (protocol.md sections 3 to 6): a {@link io.fluxwire.packet.PacketCodec}
 * turns an application's packets into payloads and back. It also lengthens short payloads, and
 * applies the rule for unknown fields ("it's OK to be odd").
 */
@NullMarked
package io.fluxwire.packet;

import org.jspecify.annotations.NullMarked;
