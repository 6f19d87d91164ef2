/**
 * What every user touches: a {@link io.fluxwire.PeerConnection}, the identities on its two ends,
 * and the errors. The stages beneath are packages of their own, in the order in which data passes
 * them: {@code duplex} (bytes), {@code handshake}, {@code frame}, {@code packet}, put together by
 * {@code session}; {@code dial} decides which address to try.
 */
@NullMarked
package io.fluxwire;

import org.jspecify.annotations.NullMarked;
