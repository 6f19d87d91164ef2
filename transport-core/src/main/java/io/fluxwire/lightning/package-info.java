/**
 * What a Lightning node expects of every peer before it lets it stay (BOLT 1): {@code init}, {@code
 * ping} and {@code pong}, {@code error} and {@code warning}. A layer above connections of {@link
 * io.fluxwire.handshake.Dialect#BOLT8}, which know nothing of it, and for those who want it: {@link
 * io.fluxwire.lightning.LightningCodec} makes typed ends of errors, and {@link
 * io.fluxwire.lightning.InitSpec} exchanges {@code init}. Of channels, payments and gossip it knows
 * nothing: their messages are the application's.
 */
@NullMarked
package io.fluxwire.lightning;

import org.jspecify.annotations.NullMarked;
