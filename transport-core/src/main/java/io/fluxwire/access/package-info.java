/**
 * Who may connect, and from where: lists of node ids, of networks, and of what is banned, with the
 * file that holds the bans.
 */
@NullMarked
package io.fluxwire.access;

import org.jspecify.annotations.NullMarked;
