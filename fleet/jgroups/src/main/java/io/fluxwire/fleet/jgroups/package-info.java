/**
 * Instances that find and reach each other by themselves: an engine of a fleet on JGroups, which
 * runs within the instances and needs no server beside them. Begin with {@link
 * io.fluxwire.fleet.jgroups.JGroupsEngine}.
 *
 * <p>Whatever two instances tell each other goes over TLS 1.3, for which both prove that they have
 * the fleet's key. JGroups' own ways to encrypt and to authenticate are not used: they leave the
 * headers of its messages open, by which a member could be expelled.
 */
@NullMarked
package io.fluxwire.fleet.jgroups;

import org.jspecify.annotations.NullMarked;
