-- Replaces a session that nobody changed meanwhile. KEYS: session, lock. ARGV: version as it was read, body,
-- application, expires, successor. The time of the last touch stays.
-- Answers 1 for done, 0 for somebody else's turn, -1 for no session any more.
local row = redis.call('HMGET', KEYS[1], 'version', 'ending')
if not row[1] or row[2] then
  return -1
end
if row[1] ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'body', ARGV[2], 'application', ARGV[3], 'expires', ARGV[4], 'successor', ARGV[5])
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1
