-- About: a peer, an epoch.
local row = redis.call('HGET', rows(self), ARGV[5])
if row and string.match(row, '^%S+') == ARGV[6] then
  redis.call('HDEL', rows(self), ARGV[5])
  redis.call('PUBLISH', changes, 'released ' .. self .. '\n' .. ARGV[5] .. ' ' .. ARGV[6])
end
return {'OK'}
