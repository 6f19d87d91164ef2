-- Gives the lease back. Nothing to do where it is not this opening's any more.
if redis.call('HGET', state, 'token') == ARGV[2] then
  evenIfFull()
  redis.call('HSET', state, 'token', '', 'holder', '', 'until', '0')
end
return {'OK'}
