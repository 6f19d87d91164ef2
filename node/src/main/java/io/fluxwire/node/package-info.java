/** The runnable application, {@code ./fluxwire}. Start reading at {@link io.fluxwire.node.Main}. */
@NullMarked
package io.fluxwire.node;

import org.jspecify.annotations.NullMarked;
