-- Admits or refuses one request of a key, as the limiter in memory does; nothing else happens in the server meanwhile.
-- KEYS: what the key has used (a hash), the times of its latest admissions, newest first (a list).
-- ARGV: reading, requests a minute, requests a burst window, its seconds, now (unix seconds), seconds to keep both.
-- Answers: whether it is admitted, seconds until one will be, seconds until nothing counts any more.
-- Times travel as text: whole numbers are all that a script could answer otherwise.

local reading = ARGV[1]
local per_minute, burst, window, now = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local used = redis.call('HMGET', KEYS[1], 'debt', 'at')
local at = tonumber(used[2] or ARGV[5])
if now < at then now = at end -- no two clocks agree: a key's time stands still rather than run back

local function admitted(back)
  local time = redis.call('LINDEX', KEYS[2], back)
  return time and tonumber(time)
end

local function wait_for_room(most, seconds)
  local time = admitted(most - 1)
  return time and math.max(0, seconds - (now - time)) or 0
end

local function left_of_window(seconds)
  local time = admitted(0)
  return time and math.max(0, seconds - (now - time)) or 0
end

local wait, debt = 0, 0
if reading == 'burst' then
  debt = math.max(0, math.min(tonumber(used[1] or '0'), 60 * burst) - (now - at) * per_minute)
  wait = math.max((debt - 60 * (burst - 1)) / per_minute, wait_for_room(burst, window), 0)
else
  wait = math.max(wait_for_room(per_minute, 60), wait_for_room(burst, window))
end

if wait == 0 then
  redis.call('LPUSH', KEYS[2], string.format('%.17g', now))
  redis.call('LTRIM', KEYS[2], 0, math.max(per_minute, burst) - 1)
  redis.call('EXPIRE', KEYS[2], ARGV[6])
  debt = debt + 60
end
redis.call('HSET', KEYS[1], 'debt', string.format('%.17g', debt), 'at', string.format('%.17g', now))
redis.call('EXPIRE', KEYS[1], ARGV[6])

local clear = reading == 'burst' and math.max(debt / per_minute, left_of_window(window))
  or left_of_window(math.max(60, window))
return { wait == 0 and 1 or 0, string.format('%.17g', wait), string.format('%.17g', clear) }
