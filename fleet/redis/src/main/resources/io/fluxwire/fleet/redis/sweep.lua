-- Removes rows of earlier tokens, which were not announced again. About: a cursor of HSCAN. Answers the next one.
local page = redis.call('HSCAN', rows(self), ARGV[5], 'COUNT', 500)
local notice = {'released ' .. self}
for i = 1, #page[2], 2 do
  local peer, epoch, of = page[2][i], string.match(page[2][i + 1], '^(%S+) (%S+)$')
  if peer ~= '-' and of ~= token then
    redis.call('HDEL', rows(self), peer)
    notice[#notice + 1] = peer .. ' ' .. (epoch or '0')
  end
end
if #notice > 1 then
  redis.call('PUBLISH', changes, table.concat(notice, '\n'))
end
return {'OK', page[1]}
