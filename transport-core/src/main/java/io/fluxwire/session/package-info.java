/**
 * The stages put together into a {@link io.fluxwire.PeerConnection} over any {@link
 * io.fluxwire.transport.ByteDuplex}. Start reading at {@link io.fluxwire.session.SessionSpec};
 * {@code Establishment} makes a session, what comes in passes {@code Inbound}, what goes out passes
 * {@code Outbound}, and {@code SessionLifecycle} decides how it ends.
 */
@NullMarked
package io.fluxwire.session;

import org.jspecify.annotations.NullMarked;
