-- Puts a session in place and gives its lock back. KEYS: session, lock. ARGV: token, life of the key, body,
-- application, expires, touched, successor. Answers 0 when the lock is lost: then nothing is placed.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[2])
-- A request admitted beside the act may have touched the session after the act read it.
local touched = redis.call('HGET', KEYS[1], 'touched')
if not touched or tonumber(touched) < tonumber(ARGV[6]) then
  touched = ARGV[6]
end
redis.call('HDEL', KEYS[1], 'ending')
redis.call('HSET', KEYS[1], 'body', ARGV[3], 'application', ARGV[4], 'expires', ARGV[5],
  'touched', touched, 'successor', ARGV[7])
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
