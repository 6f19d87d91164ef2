/**
 * The encrypted framing (protocol.md section 3): {@link io.fluxwire.frame.Frames#open} turns bytes
 * into payloads, {@link io.fluxwire.frame.Frames#seal} payloads into frames. Knows what a payload's
 * size may be, not what is in it. Start reading at {@link io.fluxwire.frame.Frames}.
 */
@NullMarked
package io.fluxwire.frame;

import org.jspecify.annotations.NullMarked;
