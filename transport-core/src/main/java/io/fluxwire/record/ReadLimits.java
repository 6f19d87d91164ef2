package io.fluxwire.record;

import io.fluxwire.memory.ReadGate;
import io.fluxwire.timeout.RefreshableTimeout;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What bounds the reading of records.
 *
 * @param gate is asked before each read of the source, and before the opener goes on that a {@link
 *     ControlListener} has stopped
 * @param timeout makes the deadline of one subscription, for the rest of a record that has started:
 *     it runs only while that rest is asked for, so that a slow consumer does not use it up. Made
 *     suspended, refreshed when such a wait begins, suspended when it ends, disposed with the
 *     subscription. Null for no deadline
 */
public record ReadLimits(ReadGate gate, Supplier<@Nullable RefreshableTimeout> timeout) {

  /** No bound but the suite's own. */
  public static final ReadLimits NONE = new ReadLimits(ReadGate.OPEN, () -> null);
}
