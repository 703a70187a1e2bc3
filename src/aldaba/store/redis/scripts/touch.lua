-- Admits a session and starts its idle time again. KEYS: session. ARGV: application, now, idle since.
-- Answers body and time of the last touch; nothing for a session that is none, another's, over or ending.
local row = redis.call('HMGET', KEYS[1], 'body', 'application', 'expires', 'touched', 'successor', 'ending')
local now, touched = tonumber(ARGV[2]), tonumber(row[4])
if not row[1] or row[6] or row[2] ~= ARGV[1] or tonumber(row[3]) <= now then
  return false
end
if row[5] ~= '' then
  return {row[1], touched}
end
if touched <= tonumber(ARGV[3]) then
  return false
end
if touched < now then
  touched = now
  redis.call('HSET', KEYS[1], 'touched', ARGV[2])
end
return {row[1], touched}
