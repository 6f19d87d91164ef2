-- About: peers, each with its epoch.
local notice = {'held ' .. self}
for i = 5, #ARGV, 2 do
  redis.call('HSET', rows(self), ARGV[i], ARGV[i + 1] .. ' ' .. token)
  notice[#notice + 1] = ARGV[i] .. ' ' .. ARGV[i + 1]
end
renew()
redis.call('PUBLISH', changes, table.concat(notice, '\n'))
return {'OK'}
