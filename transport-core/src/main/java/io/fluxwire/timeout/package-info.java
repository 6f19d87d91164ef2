/**
 * Intervals that activity refreshes (protocol.md section 8). Start reading at {@link
 * io.fluxwire.timeout.RefreshableTimeout}.
 */
@NullMarked
package io.fluxwire.timeout;

import org.jspecify.annotations.NullMarked;
