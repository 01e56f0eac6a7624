import { takesLong } from '../patient.ts'
import { program } from '../plugins/app.ts'
import { cookiesAfter, enter, userOf } from './faulty-flows.ts'
import { isRefused, tries } from './trial.ts'
import { startWorld, type World } from './world.ts'

takesLong()

const minute = 60_000
const hour = 60 * minute
/** How clocks jump: a server that was set wrong, and is put right. */
const jumps = [-2 * hour, 2 * hour] as const

tries('D22', 'an attempt that a clock has jumped away from is over, and a new one works at once', async (t, engine) => {
  const world = await startWorld(t, engine)
  for (const jump of jumps) {
    const begun = await world.begin('pat')
    world.clock.now += jump
    await isRefused(t, world, `${jump / hour} h`, { code: 'invalid_state', attempt: 'kept' }, async () => await begun.finish())
    t.equal((await world.signIn('pat')).statusCode, 303, 'control')
  }
})

tries('D22', 'a clock that is set back makes no attempt immortal', async (t, engine) => {
  const world = await startWorld(t, engine)
  const begun = await world.begin('pat')
  world.clock.now -= 2 * hour
  t.equal((await begun.finish()).statusCode, 400, 'it begins in the future')
  world.clock.now += 2 * hour + 11 * minute
  await isRefused(t, world, 'and when the time has come again it is over', { code: 'invalid_state', attempt: 'kept' }, async () => await begun.finish())
})

tries('D22', 'a one-time code that a clock has jumped away from is no code, and none lives longer for it', async (t, engine) => {
  const later: { mailer?: World['simulator']['mailer'] } = {}
  const world = await startWorld(t, engine, { options: { verify_email: true, mailer: async (mail) => await later.mailer!(mail) } })
  later.mailer = world.simulator.mailer
  const give = async (cookie: string, code: string) => await world.app.inject({ method: 'POST', url: '/auth/code', headers: { ...program, origin: 'https://app.example', cookie }, payload: { code } })
  const asked = async (account: string): Promise<{ cookie: string, code: string }> => {
    const begun = await world.begin(account)
    const cookie = cookiesAfter(begun.cookie, await begun.finish())
    return { cookie, code: /\b\d{6}\b/.exec(world.simulator.mails[0]!.text)![0] }
  }
  for (const [account, jump] of [['amir', jumps[0]], ['dora', jumps[1]]] as const) {
    const { cookie, code } = await asked(account)
    world.clock.now += jump
    const before = await world.rows(['code_events'])
    t.match((await give(cookie, code)).json(), { code: 'otp_expired' }, `${jump / hour} h`)
    t.equal(await world.rows(['code_events']), before, 'nothing has changed')
    world.clock.now += 11 * minute - jump
    t.match((await give(cookie, code)).json(), { code: 'otp_expired' }, 'nor is it one when the time has come again')
    world.clock.now += hour
    const next = await asked(account)
    t.equal((await give(next.cookie, next.code)).statusCode, 200, 'control: another one works')
  }
})

tries('D22', 'keys of Microsoft\'s are looked at again after a jump, and none is believed for longer', async (t, engine) => {
  for (const jump of jumps) {
    let isDown = false
    const world = await startWorld(t, engine, {
      options: { idleTimeout: 90 * 24 * hour, absoluteTimeout: 365 * 24 * hour },
      wrapFetch: (fetch) => async (...request) => isDown ? await Promise.reject(new TypeError('fetch failed')) : await fetch(...request)
    })
    const before = world.simulator.requests.keys
    world.clock.now += jump
    t.equal((await world.signIn('pat')).statusCode, 303)
    t.equal(world.simulator.requests.keys - before, 1, `${jump / hour} h: once`)
    isDown = true
    world.clock.now += 25 * hour
    t.equal((await world.signIn('pat')).statusCode, 503, 'a day later they are believed no more')
    isDown = false
    // As if it had been a day earlier all the time.
    world.clock.now -= 50 * hour
    t.equal((await world.signIn('pat')).statusCode, 303, 'control')
  }
})

tries('D22', 'a jump signs nobody out, and keeps nobody in for longer than the options say', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { sessionCache: 0 } })
  for (const jump of [...jumps, ...jumps.toReversed()]) {
    world.clock.now += jump
    t.equal(await userOf(world, world.victim.cookie), world.victim.id, `${jump / hour} h`)
  }
  const cookie = await enter(world, 'pat')
  const since = world.clock.now
  world.clock.now -= 2 * hour
  t.ok(await userOf(world, cookie), 'whose session began in the future is in')
  for (let time = since; time < since + 7 * 24 * hour; time += 11 * hour) {
    world.clock.now = time
    t.ok(await userOf(world, cookie))
  }
  world.clock.now = since + 7 * 24 * hour + 1_000
  t.equal(await userOf(world, cookie), null, 'a week is a week')

  // Begun while the clock was two hours ahead.
  world.clock.now += 2 * hour
  const ahead = await enter(world, 'noel')
  world.clock.now -= 2 * hour
  t.ok(await userOf(world, ahead))
  world.clock.now += 12 * hour + 2 * hour
  t.equal(await userOf(world, ahead), null, 'nobody who does nothing for half a day is in')
})
