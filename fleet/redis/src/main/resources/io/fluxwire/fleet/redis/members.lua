-- Answers the members.
local found = {'OK'}
for _, instance in ipairs(redis.call('SMEMBERS', members)) do
  if redis.call('EXISTS', member(instance)) == 1 then
    found[#found + 1] = instance
  end
end
return found
