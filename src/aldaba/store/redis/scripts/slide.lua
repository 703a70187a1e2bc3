-- Adds to the counter of a stretch of time. KEYS: counter, that of the stretch before. ARGV: by how much; life of
-- the key (in milliseconds). Answers both figures. Each stretch has a key of its own: expiry collects garbage.
local figure = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {figure, redis.call('GET', KEYS[2]) or 0}
