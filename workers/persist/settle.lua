-- Tells Redis what Postgres now holds: how far the outbox is applied, which tail messages may go, which new chats
-- have their row. Safe to repeat, to lose and to run late; nothing here decides what was applied.
--
-- KEYS  1 epoch   2 gauge   3 outbox   then per application: its hash   then per chat: chat, tail, fresh
-- ARGV  1 epoch   2 applied sequence   3 applied bytes   4 trim the outbox below this id ('' for none)
--       5 tail messages to keep        6 life of idle keys (s)
--       7 applications   then per application: its applied entries   then per chat: its number, its highest applied message
-- Returns 1, or 0 when the epoch is another.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end

if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[2], 'applied') or -1) then
  redis.call('HSET', KEYS[2], 'applied', ARGV[2], 'applied_bytes', ARGV[3])
end
if ARGV[4] ~= '' then redis.call('XTRIM', KEYS[3], 'MINID', '~', ARGV[4]) end

local CHUNK = 1000 -- unpack() is bounded by Lua's stack

local function drop(tail, first, last)
  for from = first, last, CHUNK do
    local numbers = {}
    for number = from, math.min(from + CHUNK - 1, last) do numbers[#numbers + 1] = number end
    redis.call('HDEL', tail, unpack(numbers))
  end
end

local apps = tonumber(ARGV[7])
for i = 1, apps do
  local app = KEYS[3 + i]
  local state = redis.call('HMGET', app, 'e', 'in')
  -- A counter that was lost and brought back began anew; it never counts less than nothing waiting.
  if state[1] == ARGV[1] then redis.call('HSET', app, 'out', math.min(tonumber(ARGV[7 + i]), tonumber(state[2] or 0))) end
end

local keep = tonumber(ARGV[5])
for index = 4 + apps, #KEYS, 3 do
  local chat, tail, fresh = KEYS[index], KEYS[index + 1], KEYS[index + 2]
  local at = 8 + apps + (index - 4 - apps) / 3 * 2
  local number, highest = ARGV[at], tonumber(ARGV[at + 1])

  local packed = redis.call('HGET', fresh, number)
  if packed then
    local epoch, open, customer = string.match(packed, '^(%S+) (%d) (.*)$')
    if epoch == ARGV[1] and redis.call('HGET', chat, 'e') ~= epoch then
      redis.call('HSET', chat, 'e', epoch, 'n', 0, 'o', open, 'u', customer)
      redis.call('EXPIRE', chat, ARGV[6])
    end
    redis.call('HDEL', fresh, number)
  end

  local newest = tonumber(redis.call('HGET', chat, 'n') or 0)
  local last = math.min(highest, newest - keep)
  if last > 0 and redis.call('HGET', tail, 'e') == ARGV[1] then
    local low = tonumber(redis.call('HGET', tail, 'lo') or last)
    if last > low then
      drop(tail, low + 1, last)
      redis.call('HSET', tail, 'lo', last)
    end
  end
end
return 1
