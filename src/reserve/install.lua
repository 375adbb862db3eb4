-- Installs counters that were read from Postgres, each only if the epoch is unchanged and the key still missing:
-- a counter that another caller has installed, and moved on, is never put back.
--
-- KEYS  1 epoch   2… the hashes to install
-- ARGV  1 epoch   2 life (s)   then for each hash: n, field 1, value 1, … (n fields and values together)
-- Returns how many were installed, or -1 when the epoch is another.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local installed, at = 0, 3
for index = 2, #KEYS do
  local count = tonumber(ARGV[at])
  if redis.call('HGET', KEYS[index], 'e') ~= ARGV[1] then
    redis.call('DEL', KEYS[index])
    redis.call('HSET', KEYS[index], 'e', ARGV[1], unpack(ARGV, at + 1, at + count))
    redis.call('EXPIRE', KEYS[index], ARGV[2])
    installed = installed + 1
  end
  at = at + count + 1
end
return installed
