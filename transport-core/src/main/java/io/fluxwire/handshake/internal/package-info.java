/** What all handshakes are made of; not for users. */
@NullMarked
package io.fluxwire.handshake.internal;

import org.jspecify.annotations.NullMarked;
