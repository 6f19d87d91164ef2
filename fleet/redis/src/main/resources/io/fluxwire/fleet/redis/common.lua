-- ARGV: the prefix of the keys, this instance, its token, its time to live in ms, what a script is about.
--
-- member:INSTANCE   its token, with a time to live: while it is there, the instance is a member
-- rows:INSTANCE     peer -> epoch and token, with the same time to live; the row '-' says that it is whole
-- members           those who may have such keys
-- rules, rules:ends target -> order of the rule, and when it ends, in ms
--
-- changes and to:INSTANCE are channels. All that an instance is told comes through them, so in Redis' order.
local prefix, self, token, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local members, changes = prefix .. 'members', prefix .. 'changes'
local rules, ends = prefix .. 'rules', prefix .. 'rules:ends'

-- The set outlives its members for so many times to live.
local KEPT = 10
-- How many ended rules are removed at once.
local SWEPT = 100

local function member(instance) return prefix .. 'member:' .. instance end
local function rows(instance) return prefix .. 'rows:' .. instance end
local function inbox(instance) return prefix .. 'to:' .. instance end

-- An instance whose keys were lost, or that has begun anew since, changes nothing.
local function current()
  return redis.call('GET', member(self)) == token and redis.call('HGET', rows(self), '-') == token
end

local function renew()
  redis.call('PEXPIRE', member(self), ttl)
  redis.call('PEXPIRE', rows(self), ttl)
  redis.call('PEXPIRE', members, ttl * KEPT)
end

local function view()
  return table.concat(redis.call('SMEMBERS', members), ' ')
end

local function tellMembers()
  redis.call('PUBLISH', changes, 'members ' .. view())
end

local function remove(instance)
  redis.call('UNLINK', member(instance), rows(instance))
  return redis.call('SREM', members, instance) == 1
end

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function sweepRules()
  local ended = redis.call('ZRANGEBYSCORE', ends, '-inf', string.format('%.0f', now()), 'LIMIT', 0, SWEPT)
  for _, target in ipairs(ended) do
    redis.call('HDEL', rules, target)
    redis.call('ZREM', ends, target)
  end
end
