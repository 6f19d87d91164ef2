/**
 * The test kit, published as {@code fluxwire-core}'s {@code test-jar}: networks in memory that
 * fail, peers that do as they are told, and the contract of a connection as tests. Start at {@link
 * io.fluxwire.testing.MemoryLink}, {@link io.fluxwire.testing.ScriptedPeer} and {@link
 * io.fluxwire.testing.PeerConnectionTck}.
 */
package io.fluxwire.testing;
