-- Puts a new session in its place. KEYS: session. ARGV: life of the key, body, application, expires, touched,
-- successor. Answers 0 where there is one already.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'version', 1, 'body', ARGV[2], 'application', ARGV[3], 'expires', ARGV[4],
  'touched', ARGV[5], 'successor', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
