/**
 * Curve operations, key derivation and the running cipher of one direction (protocol.md sections 1
 * and 2). Knows nothing of buffers, streams or sockets. Start reading at {@link
 * io.fluxwire.crypto.SessionKeys}.
 */
@NullMarked
package io.fluxwire.crypto;

import org.jspecify.annotations.NullMarked;
