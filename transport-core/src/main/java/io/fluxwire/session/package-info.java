/**
 * The stages put together into a {@link io.fluxwire.PeerConnection} over any {@link
 * io.fluxwire.duplex.ByteDuplex}. Start reading at {@link io.fluxwire.session.SessionSpec}; what
 * comes in passes {@code PeerSession}, what goes out passes {@code SendQueue} and {@code
 * RecordWriter}, and {@code Link} decides how it ends.
 */
@NullMarked
package io.fluxwire.session;

import org.jspecify.annotations.NullMarked;
