/**
 * Channels that outlive connections (protocol.md section 10): every packet is stored before it is
 * sent, kept until the peer has taken it, and sent again over the next connection. {@link
 * io.fluxwire.channel.PeerChannel} is one, and {@link io.fluxwire.channel.ChannelStore} is where it
 * keeps what must not be lost.
 */
@NullMarked
package io.fluxwire.channel;

import org.jspecify.annotations.NullMarked;
