/**
 * The records of version 3 (protocol.md section 3): {@link io.fluxwire.record.v3.Frames#open} turns
 * bytes into payloads, {@link io.fluxwire.record.v3.Frames#seal} payloads into frames, and {@link
 * io.fluxwire.record.v3.Frames#SUITE} does both for sessions. Knows what a payload's size may be,
 * not what is in it.
 */
@NullMarked
package io.fluxwire.record.v3;

import org.jspecify.annotations.NullMarked;
