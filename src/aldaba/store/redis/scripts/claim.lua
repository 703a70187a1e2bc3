-- Claims a value once. KEYS: mark. ARGV: until, now, life of the key (all in milliseconds).
-- The times are the caller's: only they decide, the key's own expiry collects garbage.
local until_then = redis.call('GET', KEYS[1])
if until_then and tonumber(until_then) > tonumber(ARGV[2]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1
