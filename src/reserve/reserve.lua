-- Reserves a batch of writes of one shard: numbers, outbox entries, idempotency, recent tail and live events,
-- atomically. Judges each request wholly before its first write, which is its XADD: Redis refuses that one under
-- memory pressure and for an older epoch, with nothing half done.
--
-- KEYS  1 epoch   2 outbox   3 slot of the calling process   4 gauge   5… keys of the requests, by index
-- ARGV  1 epoch the caller knows        2 sequence of this call      3 deadline (Redis time, ms)
--       4 most entries waiting          5 most bytes waiting         6 idempotency window (s)
--       7 life of idle keys (s)         8 most age of the oldest entry waiting (ms)
--       9… requests, 16 fields each:
--         kind, token, app key, chat key, tail key, fresh key, chat number, idempotency key,
--         "hash fingerprint", looked up in Postgres (1), rate key, rate interval (ms), rate burst (ms),
--         customer, text to keep with the answer, record (JSON object without its opening brace)
--       Key fields are indexes into KEYS; 0 means none. kind is message, chat, open_chat, application or deletion.
--
-- Returns lines. First: "<status> <now ms> <detail>", where status is
--   ran (detail: the outbox' last sequence, so the batch's entries are the ones up to it) | epoch (detail: the epoch found) | stale (an older call) | late (after its deadline) | fenced (detail: why);
-- after `ran`, one line a request:
--   ok <number> <created ms> <kept> | replay <number> <created ms> <kept> | mismatch | hydrate app|chat|idempotency <last id>
--   | gone app|chat | full <entries waiting> | share <entries of the application waiting> | rate <ms to wait> | refused <why>

local EPOCH, OUTBOX, SLOT, GAUGE = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local epoch, sequence, deadline = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local max_entries, max_bytes = tonumber(ARGV[4]), tonumber(ARGV[5])
local window, idle = ARGV[6], ARGV[7]
local max_age = tonumber(ARGV[8])
local FIRST, FIELDS = 9, 16
local AGE_LOOK_MS = 1000 -- between two looks at the oldest entry
local SLOT_SECONDS = 600 -- a re-sent call is past its deadline long before

local function whole(n) return string.format('%.0f', n) end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function head(status, detail) return status .. ' ' .. whole(now) .. ' ' .. detail end

-- The slot was written together with the entries, so the answer holds in a later epoch as well; told of that epoch
-- instead, the caller would do it all again.
local slot = redis.call('HMGET', SLOT, 'seq', 'reply')
local last = tonumber(slot[1] or -1)
if last == sequence then return slot[2] end

local found = redis.call('GET', EPOCH) or 'none'
if found ~= epoch then return head('epoch', found) end
if last > sequence then return head('stale', whole(last)) end
if now > deadline then return head('late', whole(deadline)) end

local gauge = redis.call('HMGET', GAUGE, 'since', 'at', 'seq', 'bytes', 'applied', 'applied_bytes', 'oldest_at', 'looked_at')
local since = tonumber(gauge[1] or now)
local stamp = math.max(now, tonumber(gauge[2] or 0)) -- created_at never goes back, even if the clock does
local last_seq, bytes = tonumber(gauge[3] or -1), tonumber(gauge[4] or 0)
local applied, applied_bytes = tonumber(gauge[5] or -1), tonumber(gauge[6] or 0)

local apps, chats, touched = {}, {}, {}
local wrote = false -- anything at all, in this call
local mid_write = false -- between a request's XADD and its last write

-- Of an epoch without entries only the stream itself knows; XINFO copies its first and last entry, so once is enough.
local stream_end
local function last_id()
  if last_seq >= 0 then return epoch .. '-' .. whole(last_seq) end
  if not stream_end then
    stream_end = '0-0'
    local info = redis.call('EXISTS', OUTBOX) == 1 and redis.call('XINFO', 'STREAM', OUTBOX) or {}
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then stream_end = info[i + 1] end
    end
  end
  return stream_end
end

local function app_state(index)
  local app = apps[index]
  if not app then
    local read = redis.call('HMGET', KEYS[index], 'e', 'n', 'x', 'in', 'out')
    app = {
      present = read[1] == epoch, number = tonumber(read[2] or 0), gone = read[3] == '1',
      taken = tonumber(read[4] or 0), applied = tonumber(read[5] or 0),
    }
    apps[index] = app
  end
  return app
end

local function chat_state(index, fresh_key, number)
  local chat = chats[index]
  if not chat then
    local read = redis.call('HMGET', KEYS[index], 'e', 'n', 'o', 'u')
    chat = { present = read[1] == epoch, number = tonumber(read[2] or 0), open = read[3] == '1', customer = read[4] or '' }
    if not chat.present then
      -- A chat whose row the worker has not written yet: its state waits under its application.
      local packed = redis.call('HGET', KEYS[fresh_key], number)
      local fresh_epoch, open, customer = string.match(packed or '', '^(%S+) (%d) (.*)$')
      if fresh_epoch == epoch then
        chat = { present = true, number = 0, open = open == '1', customer = customer, fresh = true }
      end
    end
    chats[index] = chat
  end
  return chat
end

-- What a request may have before it is judged: nil, or the line that answers it.
local function known_answer(r)
  if r.idem == 0 then return nil end
  local kept = redis.call('GET', KEYS[r.idem])
  if kept then
    local fingerprint, answer = string.match(kept, '^(%S+) (.*)$')
    if fingerprint == string.sub(r.idem_ids, -#fingerprint) then return 'replay ' .. answer end
    return 'mismatch'
  end
  -- A young epoch may have forgotten the key; Postgres has not.
  if not r.looked_up and now - since < tonumber(window) * 1000 then return 'hydrate idempotency ' .. last_id() end
end

local function rate_wait(r)
  if r.rate == 0 then return 0 end
  local arrival = math.max(tonumber(redis.call('GET', KEYS[r.rate]) or 0), now) + r.interval
  r.arrival = arrival
  return arrival - now - r.burst
end

local function judge_app(r)
  local app = app_state(r.app)
  if not app.present then return 'hydrate app ' .. last_id() end
  if app.gone then return 'gone app' end
end

local function judge_chat(r)
  if r.chat_number > app_state(r.app).number then return 'gone chat' end
  local chat = chat_state(r.chat, r.fresh, r.chat_number)
  if not chat.present then return 'hydrate chat ' .. last_id() end
  if r.customer ~= '' and not chat.open and chat.customer ~= r.customer then return 'gone chat' end
  if chat.tail_epoch == nil then chat.tail_epoch = redis.call('HGET', KEYS[r.tail], 'e') end
end

-- How long the oldest waiting entry has waited; looked at once a second, since it costs reading the entry.
local function oldest_age()
  if last_seq <= applied then return 0 end
  local oldest_at, looked_at = tonumber(gauge[7] or 0), tonumber(gauge[8] or 0)
  if now - looked_at >= AGE_LOOK_MS then
    local oldest = redis.call('XRANGE', OUTBOX, epoch .. '-' .. whole(applied + 1), '+', 'COUNT', 1)[1]
    oldest_at, looked_at = now, now
    for i = 1, oldest and #oldest[2] or 0, 2 do
      if oldest[2][i] == 'd' then oldest_at = tonumber(string.match(oldest[2][i + 1], '"at":(%d+)')) end
    end
    gauge[7], gauge[8] = oldest_at, looked_at
  end
  return now - oldest_at
end

local function pressure(r)
  local waiting = last_seq - applied
  if waiting >= max_entries or bytes - applied_bytes >= max_bytes or oldest_age() >= max_age then
    return 'full ' .. whole(waiting)
  end
  -- One application must not shut out the others. What it has waiting is never more than what waits at all.
  local app = r.kind ~= 'application' and app_state(r.app)
  local share = app and math.min(app.taken - app.applied, waiting) or 0
  if share > 0 and share >= max_entries / 2 then return 'share ' .. whole(share) end
end

local function judge(r)
  local line = r.kind ~= 'application' and judge_app(r)
    or known_answer(r)
    or r.kind == 'message' and judge_chat(r)
  if line then return line end
  line = pressure(r)
  if line then return line end
  local wait = rate_wait(r)
  if wait > 0 then return 'rate ' .. whole(math.ceil(wait)) end
end

local function append(r, number, record)
  local total = bytes + #record + 96 -- 96: the entry's other fields, about
  local app = app_state(r.app)
  local entry = { 'v', '1', 'k', r.kind == 'open_chat' and 'chat' or r.kind, 'a', r.token, 'c', r.chat_number, 'd', record, 'y', whole(total), 's', whole(app.taken + 1) }
  if r.idem ~= 0 then
    entry[#entry + 1] = 'i'
    entry[#entry + 1] = r.idem_ids .. ' ' .. r.kept
  end
  local id = redis.pcall('XADD', OUTBOX, epoch .. '-*', unpack(entry))
  if type(id) == 'table' then return nil, id.err end
  wrote, mid_write, bytes = true, true, total
  app.taken, app.dirty = app.taken + 1, true
  last_seq = tonumber(string.match(id, '%-(%d+)$'))
  return id
end

local write = {}

function write.message(r, number, record)
  local chat = chats[r.chat]
  if chat.fresh then
    redis.call('HSET', KEYS[r.chat], 'e', epoch, 'n', number, 'o', chat.open and '1' or '0', 'u', chat.customer)
    redis.call('HDEL', KEYS[r.fresh], r.chat_number)
    chat.fresh = false
  end
  chat.number, chat.dirty = number, true
  if chat.tail_epoch ~= epoch then
    -- Another life's tail may hold what was edited or deleted since. `lo`: the worker trims upwards from there.
    redis.call('DEL', KEYS[r.tail])
    redis.call('HSET', KEYS[r.tail], 'e', epoch, 'lo', number - 1)
    chat.tail_epoch = epoch
  end
  redis.call('HSET', KEYS[r.tail], number, record)
  redis.call('SPUBLISH', KEYS[r.chat], record)
  touched[r.chat], touched[r.tail], touched[r.app] = true, true, true
end

function write.chat(r, number)
  local open = r.kind == 'open_chat' and '1' or '0'
  apps[r.app].number, apps[r.app].dirty = number, true
  redis.call('HSET', KEYS[r.fresh], number, epoch .. ' ' .. open .. ' ' .. r.customer)
  touched[r.app], touched[r.fresh] = true, true
end

write.open_chat = write.chat

function write.application(r)
  redis.call('HSET', KEYS[r.app], 'e', epoch, 'n', 0)
  apps[r.app] = { present = true, number = 0, gone = false, taken = 1, applied = 0, dirty = true }
  touched[r.app] = true
end

function write.deletion(r)
  redis.call('HSET', KEYS[r.app], 'x', '1')
  apps[r.app].gone = true
  touched[r.app] = true
end

local function next_number(r)
  if r.kind == 'message' then return chats[r.chat].number + 1 end
  if r.kind == 'chat' or r.kind == 'open_chat' then return apps[r.app].number + 1 end
  return 0
end

local function run(r)
  local refusal = judge(r)
  if refusal then return refusal end
  local number = next_number(r)
  local record = '{"number":' .. whole(number) .. ',"at":' .. whole(stamp) .. ',' .. r.record
  local id, why = append(r, number, record)
  if not id then return 'refused ' .. why end
  write[r.kind](r, number, record)
  local answer = whole(number) .. ' ' .. whole(stamp) .. ' ' .. r.kept
  if r.idem ~= 0 then
    redis.call('SET', KEYS[r.idem], string.match(r.idem_ids, '%S+$') .. ' ' .. answer, 'EX', window)
  end
  if r.rate ~= 0 then
    -- Not rounded: above a thousand a second the interval is a fraction of a millisecond.
    redis.call('SET', KEYS[r.rate], string.format('%.3f', r.arrival), 'PX', whole(r.arrival - now + 1000))
  end
  mid_write = false
  return 'ok ' .. answer
end

local function request(at)
  return {
    kind = ARGV[at], token = ARGV[at + 1],
    app = tonumber(ARGV[at + 2]), chat = tonumber(ARGV[at + 3]), tail = tonumber(ARGV[at + 4]),
    fresh = tonumber(ARGV[at + 5]), chat_number = tonumber(ARGV[at + 6]),
    idem = tonumber(ARGV[at + 7]), idem_ids = ARGV[at + 8], looked_up = ARGV[at + 9] == '1',
    rate = tonumber(ARGV[at + 10]), interval = tonumber(ARGV[at + 11]), burst = tonumber(ARGV[at + 12]),
    customer = ARGV[at + 13], kept = ARGV[at + 14], record = ARGV[at + 15],
  }
end

-- Nothing rolls back in Lua: after an error between the writes, no later call may build on this state.
local function fence(why)
  redis.call('SET', EPOCH, 'fence:' .. string.gsub(tostring(why), '%s+', '_'))
  return head('fenced', tostring(why))
end

local lines = {}
for at = FIRST, #ARGV, FIELDS do
  local fine, line = pcall(run, request(at))
  if not fine then
    local why = type(line) == 'table' and (line.err or 'error') or line
    if mid_write then return fence(why) end
    line = 'refused ' .. tostring(why)
  end
  lines[#lines + 1] = line
end

if not wrote then return head('ran', whole(last_seq)) .. '\n' .. table.concat(lines, '\n') end

local reply
local fine, why = pcall(function()
  for index, app in pairs(apps) do
    if app.dirty then redis.call('HSET', KEYS[index], 'n', app.number, 'in', whole(app.taken)) end
  end
  for index, chat in pairs(chats) do
    if chat.dirty then redis.call('HSET', KEYS[index], 'n', chat.number) end
  end
  for index in pairs(touched) do redis.call('EXPIRE', KEYS[index], idle) end
  redis.call('HSET', GAUGE, 'at', whole(stamp), 'seq', whole(last_seq), 'bytes', whole(bytes),
    'oldest_at', gauge[7] or 0, 'looked_at', gauge[8] or 0)
  reply = head('ran', whole(last_seq)) .. '\n' .. table.concat(lines, '\n')
  redis.call('HSET', SLOT, 'seq', whole(sequence), 'reply', reply)
  redis.call('EXPIRE', SLOT, SLOT_SECONDS)
end)
if not fine then return fence(type(why) == 'table' and why.err or why) end
return reply
