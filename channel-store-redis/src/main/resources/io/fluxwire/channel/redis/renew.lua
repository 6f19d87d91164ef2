-- ARGV 5: lease in ms.
local denied = fence()
if denied then
  return denied
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- All writes are there, so a Redis that was restarted meanwhile has lost none of them.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
evenIfFull()
redis.call('HSET', state, 'until', number(now + tonumber(ARGV[5])), 'run', run)
return {'OK'}
