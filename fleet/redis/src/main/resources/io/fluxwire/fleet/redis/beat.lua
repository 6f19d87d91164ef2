-- About: the first word of what the instance is told.
renew()
local lost = false
for _, instance in ipairs(redis.call('SMEMBERS', members)) do
  if redis.call('EXISTS', member(instance)) == 0 then
    lost = remove(instance) or lost
  end
end
-- This one as well, when the set alone was lost.
if redis.call('SADD', members, self) == 1 or lost then
  tellMembers()
end
sweepRules()
redis.call('PUBLISH', inbox(self), ARGV[5] .. ' ' .. token .. ' ' .. view())
return {'OK'}
