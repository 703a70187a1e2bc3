-- Adds to a counter. KEYS: counter. ARGV: by how much; its window's end, now, life of the key (in milliseconds).
-- Answers the new figure. The times are the caller's: only they decide, the key's own expiry collects garbage.
local ends = redis.call('HGET', KEYS[1], 'ends')
if ends and tonumber(ends) <= tonumber(ARGV[3]) then
  redis.call('DEL', KEYS[1])
end
local figure = redis.call('HINCRBY', KEYS[1], 'figure', ARGV[1])
redis.call('HSET', KEYS[1], 'ends', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return figure
