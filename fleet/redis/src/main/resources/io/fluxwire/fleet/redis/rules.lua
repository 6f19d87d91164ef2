-- About: targets, each with the order of its rule and its end in ms.
local notice = {'rules'}
for i = 5, #ARGV, 3 do
  local target, order = ARGV[i], ARGV[i + 1]
  local before = redis.call('HGET', rules, target)
  if not before or before < order then
    redis.call('HSET', rules, target, order)
    redis.call('ZADD', ends, ARGV[i + 2], target)
    notice[#notice + 1] = order .. ' ' .. target
  end
end
sweepRules()
if #notice > 1 then
  redis.call('PUBLISH', changes, table.concat(notice, '\n'))
end
return {'OK'}
