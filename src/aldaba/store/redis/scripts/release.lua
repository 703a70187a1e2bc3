-- Gives a lock back. KEYS: session, lock. ARGV: token, whether the session may be used again (1) or stays
-- suspended (0). Only the holder's own suspension is lifted.
if redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('DEL', KEYS[2])
  if ARGV[2] == '1' and redis.call('HGET', KEYS[1], 'ending') == ARGV[1] then
    redis.call('HDEL', KEYS[1], 'ending')
  end
end
return 1
