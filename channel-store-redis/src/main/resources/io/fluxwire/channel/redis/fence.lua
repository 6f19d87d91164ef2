-- Begins every script of a channel that is open. KEYS: state, packets. ARGV: own incarnation, token,
-- epoch, number of the last write that this side knows to be stored, and what the script wants.
local state, packets = KEYS[1], KEYS[2]

local function number(value)
  return string.format('%.0f', value)
end

-- A deletion is allowed while Redis has no memory left, and so is all that follows one in a script.
local function evenIfFull()
  redis.call('HDEL', state, '-')
end

local function lost()
  evenIfFull()
  redis.call('HSET', state, 'lost', '1')
  return {'LOST'}
end

local function fence()
  local s = redis.call('HMGET', state, 'own', 'token', 'epoch', 'seq', 'holder', 'lost')
  if not s[1] then
    return {'GONE'}
  end
  if s[1] ~= ARGV[1] then
    return {'ANEW'}
  end
  local epoch, mine = tonumber(s[3]), tonumber(ARGV[3])
  if s[2] ~= ARGV[2] then
    if epoch > mine then
      return {'TAKEN', s[5]}
    end
    if epoch == mine and s[2] == '' then
      return {'CLOSED'}
    end
    -- Openings are numbered: one of this number or less, by somebody else, was lost here.
    return lost()
  end
  if s[6] then
    return {'LOST'}
  end
  if tonumber(s[4]) < tonumber(ARGV[4]) then
    return lost()
  end
  return nil
end
