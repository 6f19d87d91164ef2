/**
 * What a payload means to an application (protocol.md sections 3 to 6): a {@link
 * io.fluxwire.packet.PacketCodec} turns its packets into payloads and back, with the filler of
 * short payloads and the rule that it's OK to be odd.
 */
@NullMarked
package io.fluxwire.packet;

import org.jspecify.annotations.NullMarked;
