/**
 * What a dial tells {@link io.fluxwire.observe.Observability} of its rounds and stages. Not for
 * users, who listen to a dial by {@code doOnDial}.
 */
@NullMarked
package io.fluxwire.observe.dial;

import org.jspecify.annotations.NullMarked;
