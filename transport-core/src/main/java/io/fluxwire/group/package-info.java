/**
 * Many peers, one connection with each, whoever dialled. Start reading at {@link
 * io.fluxwire.group.PeerGroup}; who is in a group, and by which connection, is decided in {@code
 * Membership} alone, which the other types serve.
 */
@NullMarked
package io.fluxwire.group;

import org.jspecify.annotations.NullMarked;
