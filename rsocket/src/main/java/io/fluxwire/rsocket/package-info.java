/**
 * RSocket over Fluxwire's connections. Start reading at {@link
 * io.fluxwire.rsocket.FluxwireRSocket}; {@code PeerDuplexConnection} adapts a connection for
 * RSocket, {@code FrameWriter} sends frames and {@code FrameReader} receives them, {@code
 * StreamCredits} keeps what streams send within the budget, and {@code PeerStreams} limits the
 * streams and fragments that the peer leaves unfinished.
 */
@NullMarked
package io.fluxwire.rsocket;

import org.jspecify.annotations.NullMarked;
