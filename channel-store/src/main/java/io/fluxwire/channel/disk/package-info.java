/**
 * Channels whose packets outlive the process: {@link io.fluxwire.channel.disk.DiskChannelStore}
 * keeps each in a file of its own, by SQLite.
 */
@NullMarked
package io.fluxwire.channel.disk;

import org.jspecify.annotations.NullMarked;
