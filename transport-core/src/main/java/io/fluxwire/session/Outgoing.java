package io.fluxwire.session;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A payload on its way to the socket.
 *
 * @param payload the bytes to seal, the receiver's to release
 * @param owner the send that it belongs to, which is told once it is written; null for what the
 *     session itself says
 */
record Outgoing(ByteBuf payload, @Nullable PendingSend<?> owner) {}
