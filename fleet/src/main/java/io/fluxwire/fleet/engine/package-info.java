/**
 * What a fleet needs of an engine: who the members are, which of them holds which peer, messages
 * between two of them, and rules that all of them share. An engine is somebody else's software,
 * such as JGroups, Redis or NATS, behind {@link io.fluxwire.fleet.engine.FleetEngine}. For those
 * who write an engine; applications only choose one.
 *
 * <p>All of it is soft state: the engine may lose everything at any time, and the instances tell it
 * again.
 */
@NullMarked
package io.fluxwire.fleet.engine;

import org.jspecify.annotations.NullMarked;
