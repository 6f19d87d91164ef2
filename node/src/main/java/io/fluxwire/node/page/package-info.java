/**
 * What a node shows of itself over HTTP: the live page, {@code /metrics}, {@code /health} and
 * {@code /peers}. Start reading at {@link io.fluxwire.node.page.NodePage}; {@link
 * io.fluxwire.node.page.Monitor} collects what it shows.
 */
@NullMarked
package io.fluxwire.node.page;

import org.jspecify.annotations.NullMarked;
