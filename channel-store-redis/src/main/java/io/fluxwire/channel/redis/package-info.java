/**
 * Channels whose packets are in Redis, so that another instance of a node takes them over. Start
 * reading at {@link io.fluxwire.channel.redis.RedisChannelStore}; what happens in Redis is in the
 * Lua scripts beside these classes.
 */
@NullMarked
package io.fluxwire.channel.redis;

import org.jspecify.annotations.NullMarked;
