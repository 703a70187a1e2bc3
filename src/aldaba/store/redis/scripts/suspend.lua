-- Lets nobody in any more, until the act that ends the session is durable. KEYS: session, lock. ARGV: token.
-- Answers 0 when the lock is lost.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'ending', ARGV[1])
end
return 1
