import t from 'tap'
import { presets } from '../../src/core/presets.ts'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import { evidenceScores } from '../../src/verification/evidence.ts'
import { tokenChecks } from '../../src/verification/token-checks.ts'
import { tables } from '../../tools/tables.ts'
import { documents, proseOf } from './documents.ts'

const prose = (name: string): string => proseOf(documents().find((document) => document.name === name)!)

t.test('the scores on the page about trust are those of the code', async (t) => {
  const shown = [...prose('docs/trust.md').matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map(([, score, kind]) => [kind, Number(score)])
  t.same(Object.fromEntries(shown), evidenceScores)
})

t.test('the presets on the page about trust set what they set', async (t) => {
  for (const [name, options] of Object.entries(presets)) {
    const [, sets] = new RegExp(`^\\| \`${name}\` \\| ([^|]+) \\|`, 'm').exec(prose('docs/trust.md'))!
    t.same([...sets!.matchAll(/(?<=`|, )([a-z]\w+)(?=`|:)/g)].map(([, option]) => option), Object.keys(options), name)
  }
})

t.test('the page about verification names each check of a token', async (t) => {
  for (const [reason] of tokenChecks) t.match(prose('docs/verification.md'), `\`${reason}\``)
})

t.test('the page about the simulator names each account', async (t) => {
  const rows = prose('docs/simulator.md').split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|')[1])
  t.same(rows.flatMap((cell) => [...cell!.matchAll(/`([\w-]+)`/g)].map(([, key]) => key)).sort(), builtInAccounts.map(({ key }) => key).sort())
})

t.test('what the guides for newcomers from elsewhere call an option is one', async (t) => {
  const options = new Set(Object.values(tables).flatMap((table) => Object.keys(table)))
  // Words of the pages that are no options of ours: Fastify's, claims, parameters, methods and values.
  const others = new Set([
    'logger', 'trustProxy', 'code', 'query', 'provider_scopes', 'sid', 'private_key_jwt', 'client_secret_basic', 'client_secret_post', 'email_in_use', 'id_token_hint', 'post_logout_redirect_uri', 'jose', 'none', 'email', 'xms_edov', 'mailer'
  ])
  for (const name of ['docs/from-passport-azure-ad.md', 'docs/from-auth-js.md', 'docs/hosted-services.md']) {
    let count = 0
    for (const line of prose(name).split('\n').filter((row) => row.startsWith('| '))) {
      for (const [, word] of line.split('|')[2]!.matchAll(/`([a-z]\w+)(?:: [^`]+)?`/g)) {
        count += 1
        t.ok(options.has(word!) || others.has(word!), `${name}: \`${word}\` in ${line}`)
      }
    }
    t.ok(count > 10, `${name}: ${count} words`)
  }
})
