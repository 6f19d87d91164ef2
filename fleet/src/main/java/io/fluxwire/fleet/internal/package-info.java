/** What the engines share. Not for users: may change at any time. */
@NullMarked
package io.fluxwire.fleet.internal;

import org.jspecify.annotations.NullMarked;
