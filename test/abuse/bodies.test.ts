import type { TestApp } from '../plugins/app.ts'
import { program } from '../plugins/app.ts'
import { withCodes } from '../plugins/codes.ts'
import { keyOf, linkPath, unlinkPath } from '../plugins/identities.ts'
import { takesLong } from '../patient.ts'
import { isRefused, tries } from './trial.ts'
import { startWorld } from './world.ts'

takesLong()

/** Content types that parsers read differently, or that a form of another site can send. */
const otherTypes = ['application/json\t', ' application/json', 'application/json garbage', 'text/plain', 'application/jsonp', 'application/json+x', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded\tx', 'text/json', '*/*', 'application/jsonapplication/json']

tries('O35', 'a body of another type is not looked at, and one whose type is spelt in another way is held to the same rules', async (t, engine) => {
  const later: { mailer?: TestApp['simulator']['mailer'] } = {}
  const world = await startWorld(t, engine, { options: { ...withCodes, mailer: async (mail) => await later.mailer!(mail) } })
  later.mailer = world.simulator.mailer
  const waiting = await world.signIn('amir')
  const code = [waiting.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]!).find((one) => one.startsWith('__Host-entra-code='))!
  const digits = /\b\d{6}\b/.exec(world.simulator.mails[0]!.text)![0]
  const post = async (url: string, type: string, body: unknown) => await world.app.inject({
    method: 'POST',
    url,
    headers: { ...program, 'sec-fetch-site': 'same-origin', 'content-type': type, cookie: url === '/auth/code' ? code : world.victim.cookie },
    payload: typeof body === 'string' ? body : JSON.stringify(body)
  })
  for (const [url, body] of [['/auth/code', { code: digits }], [linkPath, { return_to: '/a' }], [unlinkPath, keyOf('ada')]] as const) {
    for (const type of otherTypes) {
      await isRefused(t, world, `${url} ${JSON.stringify(type)}`, { code: 'invalid_request', status: 415, attempt: 'kept' }, async () => await post(url, type, body))
    }
    for (const type of ['APPLICATION/JSON ;x', 'application/json; charset=utf-8']) {
      await isRefused(t, world, `${url} ${type}, malformed`, { code: 'invalid_request', attempt: 'kept' }, async () => await post(url, type, '{"code":'))
    }
  }
  await isRefused(t, world, 'a prototype that is to be polluted', { code: 'invalid_request', attempt: 'kept' }, async () => await post(linkPath, 'application/json', '{"__proto__":{"return_to":"/a"}}'))
  await isRefused(t, world, 'a target that is not allowed, in other letters', { code: 'redirect_not_allowed', attempt: 'kept' }, async () => await post(linkPath, 'APPLICATION/JSON ;x', { return_to: '//evil.example' }))
  t.equal((await post('/auth/code', 'application/json; charset=utf-8', { code: digits })).statusCode, 200, 'control: the right code, as JSON')
  t.equal((await post(linkPath, 'Application/JSON', { return_to: '/a' })).statusCode, 200, 'control: a link')
})
