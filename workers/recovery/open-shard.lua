-- Opens a shard under a new epoch, if the fence is still the caller's.
--
-- KEYS  1 epoch   2 gauge
-- ARGV  1 the caller's fence   2 the new epoch   3 1 when the shard was never open before
-- Returns 1 when opened, 0 when somebody else fenced the shard meanwhile.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
-- A shard that never lived has forgotten nothing: no idempotency key need be looked up in Postgres.
local since = ARGV[3] == '1' and '0' or string.format('%.0f', tonumber(time[1]) * 1000)
-- created_at goes on from where it was, whatever the clock of this life says.
local at = redis.call('HGET', KEYS[2], 'at') or '0'
redis.call('SET', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'since', since, 'at', at)
return 1
