-- Erases a session and gives its lock back. KEYS: session, lock, tombstones. ARGV: token.
-- Answers the handles of tombstones that pointed at it; nothing when the lock is lost: then it stays suspended.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return false
end
local tombstones = redis.call('SMEMBERS', KEYS[3])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
return tombstones
