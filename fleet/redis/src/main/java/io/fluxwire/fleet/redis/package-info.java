/**
 * The engine of a fleet on Redis. Start reading at {@link io.fluxwire.fleet.redis.RedisEngine};
 * what happens in Redis is in the Lua scripts beside these classes, of which {@code common.lua}
 * says which keys there are.
 */
@NullMarked
package io.fluxwire.fleet.redis;

import org.jspecify.annotations.NullMarked;
