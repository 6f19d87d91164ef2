/**
 * What the packages share and no user needs. Not part of the API: it may change with every version.
 */
@NullMarked
package io.fluxwire.internal;

import org.jspecify.annotations.NullMarked;
