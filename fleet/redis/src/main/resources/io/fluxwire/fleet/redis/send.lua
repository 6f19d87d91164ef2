-- About: an instance, a message.
if redis.call('EXISTS', member(ARGV[5])) == 0
    or redis.call('PUBLISH', inbox(ARGV[5]), 'message ' .. self .. '\n' .. ARGV[6]) == 0 then
  return {'NOBODY'}
end
return {'OK'}
