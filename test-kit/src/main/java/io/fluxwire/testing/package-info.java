/**
 * The test kit: networks that fail, in memory ({@link io.fluxwire.testing.MemoryLink}) and over TCP
 * ({@link io.fluxwire.testing.FaultProxy}), peers that follow a test's script ({@link
 * io.fluxwire.testing.ScriptedPeer}), and contracts as tests, for connections ({@link
 * io.fluxwire.testing.PeerConnectionTck}) and for stores of channels ({@link
 * io.fluxwire.testing.ChannelStoreTck}).
 */
package io.fluxwire.testing;
