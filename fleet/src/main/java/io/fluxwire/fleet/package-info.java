/**
 * Many instances of a node behind one name: which of them holds which peer, and packets to a peer
 * from whichever instance. What the instances tell each other goes over an engine, {@link
 * io.fluxwire.fleet.engine}.
 */
@NullMarked
package io.fluxwire.fleet;

import org.jspecify.annotations.NullMarked;
