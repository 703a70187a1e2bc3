-- Notes a tombstone at the session it points at. KEYS: tombstones. ARGV: its handle, life of the key.
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
