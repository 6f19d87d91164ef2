-- ARGV from 5 on: the first packet, the most bytes, the most packets.
local CHECKSUM = 4
local denied = fence()
if denied then
  return denied
end
local s = redis.call('HMGET', state, 'first', 'next')
local from, most = tonumber(ARGV[5]), tonumber(ARGV[6])
if from < tonumber(s[1]) or from >= tonumber(s[2]) then
  return {'RANGE', s[1], s[2]}
end
local found, bytes = {'OK'}, 0
for n = from, math.min(from + tonumber(ARGV[7]), tonumber(s[2])) - 1 do
  if n > from and bytes >= most then
    break
  end
  local length = redis.call('HSTRLEN', packets, number(n))
  if length <= CHECKSUM then
    return {'CORRUPT', 'packet ' .. number(n) .. ' is missing'}
  end
  bytes = bytes + length - CHECKSUM
  if bytes > most and n > from then
    break
  end
  found[#found + 1] = redis.call('HGET', packets, number(n))
end
return found
