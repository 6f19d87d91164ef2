-- A channel that is gone, or was made anew, is deleted already: by this call, if its answer was lost.
local denied = fence()
if denied and denied[1] ~= 'GONE' and denied[1] ~= 'ANEW' then
  return denied
end
if not denied then
  redis.call('UNLINK', state, packets)
end
return {'OK'}
