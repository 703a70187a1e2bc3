-- Erases a tombstone that still points at an ended session. KEYS: session. ARGV: the ended one's handle.
if redis.call('HGET', KEYS[1], 'successor') == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
