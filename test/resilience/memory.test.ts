import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { takesLong } from '../patient.ts'
import type { Fault } from './failing-microsoft.ts'
import { endless, gzipBomb } from './faults.ts'

takesLong()

const tries = 20
/** With a small place for what is new, so that garbage is none of what is measured. */
const execArgv = ['--expose-gc', '--max-semi-space-size=1']
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** A token that gets as far as its key is looked for. */
const idToken = `${encode({ typ: 'JWT', alg: 'RS256', kid: 'made-up' })}.${encode({ ver: '2.0' })}.${'A'.repeat(342)}`

const floods: Array<[title: string, endpoint: 'token' | 'keys', flood: Exclude<Fault, 'down'>]> = [
  ['100 MB in place of tokens', 'token', endless() as Exclude<Fault, 'down'>],
  ['100 MB in place of keys', 'keys', endless() as Exclude<Fault, 'down'>],
  ['100 MB of keys in a gzip bomb', 'keys', gzipBomb() as Exclude<Fault, 'down'>]
]

for (const [title, endpoint, flood] of floods) {
  t.test(`${title}, twenty times over: the memory stays as it is`, async (t) => {
    let floods = 0
    const server = createServer((request, response) => {
      const isToken = request.url!.endsWith('/token')
      if (isToken !== (endpoint === 'token')) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id_token: idToken, access_token: 'a', token_type: 'Bearer' }))
      } else {
        floods += 1
        flood(request, response)
      }
    }).listen(0, 'localhost')
    await once(server, 'listening')
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    const authority = `http://localhost:${(server.address() as AddressInfo).port}`
    const child = fork(join(import.meta.dirname, 'flooded-process.ts'), [JSON.stringify({ authority, tries })], { execArgv })
    const [{ codes, growth }] = await once(child, 'message') as [{ codes: string[], growth: number }]
    t.same(codes, ['provider_error'])
    t.equal(floods, tries + 5)
    t.ok(growth < 64 * 1_048_576, `${Math.round(growth / 1_048_576)} MiB more at the worst moment`)
    await once(child, 'exit')
  })
}
