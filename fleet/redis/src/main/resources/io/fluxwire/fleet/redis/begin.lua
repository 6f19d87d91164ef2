-- About: the word with which the tokens of this link begin.
local owner = redis.call('GET', member(self))
if owner and string.sub(owner, 1, #ARGV[5]) ~= ARGV[5] then
  return {'TAKEN'}
end
-- The others have to hear that its rows are void, if nobody has noticed so far.
if not owner and remove(self) then
  tellMembers()
end
redis.call('SET', member(self), token, 'PX', ttl)
redis.call('HSET', rows(self), '-', token)
if redis.call('SADD', members, self) == 1 then
  tellMembers()
end
renew()
return {'OK'}
