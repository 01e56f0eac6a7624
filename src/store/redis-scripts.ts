/*
 * Scripts, each for one key: a server runs a script as a whole, so that
 * nothing comes between its steps, and one key is all that Redis Cluster
 * allows without a plan of slots. A key that somebody else filled with
 * another type of value counts as empty, and is replaced.
 */

/** ARGV: milliseconds to live, then fields and values. Gives 1, or 0 where the session is there already. */
export const createSession = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`

/** ARGV: milliseconds to live, then fields and values. Gives 1, or 0 where there is no session: an ended one never comes back (abuse case S07). */
export const touchSession = `
if redis.pcall('HEXISTS', KEYS[1], 'user') ~= 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`

/** ARGV: fields and values. Gives 1, or 0 where there is no session. How long it lives stays as it is. */
export const changeSession = `
if redis.pcall('HEXISTS', KEYS[1], 'user') ~= 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1`

/** Gives 1 where there was something and else 0, the id of the user whose session it was, and the session at Microsoft that it belonged to; the two may be nothing. */
export const endSession = `
local owners = {false, false}
if redis.call('TYPE', KEYS[1]).ok == 'hash' then owners = redis.call('HMGET', KEYS[1], 'user_id', 'microsoft_session') end
return {redis.call('DEL', KEYS[1]), owners[1], owners[2]}`

/**
 * Gives a session its place in a list, or renews it. ARGV: its
 * key, and for how many milliseconds it can live at most. By the server's own
 * clock: those that can be alive no more are left out, and the list lives as
 * long as any of them can. A place is never shortened: a server with other
 * limits may have let the session live longer.
 */
export const listSession = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('TYPE', KEYS[1]).ok ~= 'zset' then redis.call('DEL', KEYS[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], math.max(now + ARGV[2], tonumber(known or 0)), ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`

/** Counts one up. ARGV: milliseconds after which counting starts anew. Gives the count, and the milliseconds that are left. */
export const countUp = `
local count = redis.pcall('INCR', KEYS[1])
if type(count) == 'table' then
  redis.call('DEL', KEYS[1])
  count = redis.call('INCR', KEYS[1])
end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`
