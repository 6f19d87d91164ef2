-- About: a peer. Answers instances, each with its row.
local found = {'OK'}
for _, instance in ipairs(redis.call('SMEMBERS', members)) do
  if redis.call('EXISTS', member(instance)) == 1 then
    local row = redis.call('HGET', rows(instance), ARGV[5])
    if row then
      found[#found + 1] = instance
      found[#found + 1] = row
    end
  end
end
return found
