package io.fluxwire.fleet.jgroups;

import io.fluxwire.NodeIdentity;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * How an engine is set up.
 *
 * @param fleet the fleet's name
 * @param key the fleet's key, or what it is derived from
 * @param discovery how the others are found
 * @param bind the address to listen at; null for a private one of this machine
 * @param port the port to listen at
 * @param portRange how many ports above that are tried when it is taken
 */
record EngineConfig(
    String fleet,
    NodeIdentity key,
    Discovery discovery,
    @Nullable InetAddress bind,
    int port,
    int portRange) {}
