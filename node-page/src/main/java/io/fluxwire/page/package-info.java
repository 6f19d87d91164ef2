/**
 * What a node shows of itself over HTTP: the live page, {@code health}, {@code peers} and {@code
 * metrics}. Start reading at {@link io.fluxwire.page.NodePage}; {@link
 * io.fluxwire.page.NodeMonitor} collects what it shows.
 */
@NullMarked
package io.fluxwire.page;

import org.jspecify.annotations.NullMarked;
