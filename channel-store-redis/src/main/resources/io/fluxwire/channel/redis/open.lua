-- KEYS: state, packets. ARGV: format, channel, token, holder, lease in ms, incarnation if it is new,
-- '1' if Redis keeps what it reports as stored.
local state, packets = KEYS[1], KEYS[2]
local kind = redis.call('TYPE', state).ok
if kind ~= 'none' and kind ~= 'hash' then
  return {'FOREIGN', 'a ' .. kind}
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ends = string.format('%.0f', now + tonumber(ARGV[5]))
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
if kind == 'none' then
  if redis.call('EXISTS', packets) == 1 then
    return {'CORRUPT', 'there are packets and no state'}
  end
  redis.call('HSET', state, 'format', ARGV[1], 'channel', ARGV[2], 'own', ARGV[6],
    'peer', string.rep('\0', 16), 'attempt', '0', 'received', '0', 'skipped', '0', 'first', '0', 'next', '0',
    'bytes', '0', 'epoch', '1', 'seq', '0', 'token', ARGV[3], 'holder', ARGV[4], 'until', ends,
    'run', run, 'synced', ARGV[7])
else
  local s = redis.call('HMGET', state, 'format', 'channel', 'token', 'holder', 'until', 'epoch',
    'run', 'synced', 'lost', 'first', 'next')
  if s[1] ~= ARGV[1] then
    return {'FOREIGN', s[1] or 'a hash of another program'}
  end
  if s[2] ~= ARGV[2] then
    return {'FOREIGN', 'another channel'}
  end
  for i = 3, 11 do
    if not s[i] and i ~= 9 then
      return {'CORRUPT', 'its state has not all fields'}
    end
  end
  -- An opening whose answer was lost comes again, and is the same one.
  local epoch = tonumber(s[6])
  if s[3] ~= ARGV[3] then
    local left = tonumber(s[5]) - now
    if s[3] ~= '' and left > 0 then
      return {'HELD', s[4], string.format('%.0f', left)}
    end
    if s[9] then
      return {'LOST'}
    end
    if s[8] ~= '1' and s[7] ~= run then
      return {'RESTARTED'}
    end
    if redis.call('HLEN', packets) ~= tonumber(s[11]) - tonumber(s[10]) then
      return {'CORRUPT', 'packets are missing'}
    end
    epoch = epoch + 1
  end
  -- A deletion is allowed while Redis has no memory left, and so is all that follows one.
  redis.call('HDEL', state, '-')
  redis.call('HSET', state, 'epoch', string.format('%.0f', epoch), 'seq', '0', 'token', ARGV[3],
    'holder', ARGV[4], 'until', ends, 'run', run, 'synced', ARGV[7])
end
local answer = redis.call('HMGET', state, 'own', 'peer', 'attempt', 'first', 'next', 'bytes',
  'received', 'skipped', 'epoch')
table.insert(answer, 1, 'OK')
return answer
