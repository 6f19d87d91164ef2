/** What the records of several dialects share; not for users. */
@NullMarked
package io.fluxwire.record.internal;

import org.jspecify.annotations.NullMarked;
