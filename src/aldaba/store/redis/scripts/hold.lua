-- Takes a session's lock and reads it. KEYS: session, lock. ARGV: token, life of the lock (milliseconds).
-- Answers nothing while somebody else holds it; a session that is ending is none.
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return false
end
local row = redis.call('HMGET', KEYS[1], 'body', 'touched', 'ending')
if not row[1] or row[3] then
  return {''}
end
return {row[1], tonumber(row[2])}
