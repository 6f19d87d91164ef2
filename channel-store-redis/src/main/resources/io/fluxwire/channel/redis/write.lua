-- ARGV from 5 on: number of this write, first, received, skipped, attempt, peer, packets with checksums.
local CHECKSUM, BEFORE = 4, 10
local denied = fence()
if denied then
  return denied
end
local s = redis.call('HMGET', state, 'seq', 'first', 'next', 'bytes')
local seq, first, next, bytes = tonumber(s[1]), tonumber(s[2]), tonumber(s[3]), tonumber(s[4])
local this = tonumber(ARGV[5])
if seq == this then
  -- An earlier try was applied. Written again, so that this connection can wait for the sync.
  evenIfFull()
  redis.call('HSET', state, 'seq', number(seq))
  return {'OK', s[4]}
end
if seq ~= tonumber(ARGV[4]) then
  -- This one comes late, or one before it was applied after all, which had been told as refused.
  return {'STALE'}
end
if redis.call('HLEN', packets) ~= next - first then
  return {'CORRUPT', 'packets are missing'}
end
local to = tonumber(ARGV[6])
local kept = 0
if to < next then
  kept = bytes
  for n = first, to - 1 do
    local length = redis.call('HSTRLEN', packets, number(n))
    if length <= CHECKSUM then
      return {'CORRUPT', 'packet ' .. number(n) .. ' is missing'}
    end
    kept = kept - (length - CHECKSUM)
  end
end
local freed, added = bytes - kept, 0
for i = BEFORE + 1, #ARGV do
  if next + i - BEFORE - 1 >= to then
    added = added + #ARGV[i] - CHECKSUM
  end
end
-- From here on nothing is refused, or the script would stop half-way: this first change is, while
-- Redis has no memory left and would need more.
if added > freed then
  redis.call('HSET', state, 'seq', number(this))
else
  evenIfFull()
end
if to >= next then
  redis.call('UNLINK', packets)
else
  for n = first, to - 1 do
    redis.call('HDEL', packets, number(n))
  end
end
for i = BEFORE + 1, #ARGV do
  local n = next + i - BEFORE - 1
  if n >= to then
    redis.call('HSET', packets, number(n), ARGV[i])
  end
end
local sum = number(kept + added)
redis.call('HSET', state, 'seq', number(this), 'first', ARGV[6], 'received', ARGV[7],
  'skipped', ARGV[8], 'attempt', ARGV[9], 'peer', ARGV[10], 'next', number(next + #ARGV - BEFORE), 'bytes', sum)
return {'OK', sum}
