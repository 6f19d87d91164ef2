package io.fluxwire.spring;

import io.fluxwire.PeerConnection;
import io.netty.buffer.ByteBuf;
import java.util.function.Function;
import org.reactivestreams.Publisher;

/**
 * Serves RSocket to a peer. A type without RSocket's, since that need not be on the class path.
 *
 * @param handler as of {@link io.fluxwire.netty.PeerServer#handle}
 */
record RSocketServing(
    Function<? super PeerConnection<ByteBuf>, ? extends Publisher<Void>> handler) {}
