import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { type Rules, tables } from '../../tools/tables.ts'
import { documents, proseOf, root } from './documents.ts'

const page = readFileSync(join(root, 'docs/options.md'), 'utf8')

/** Everything in the sources that is a table of rules, by the name it is exported under. */
async function rulesInSources (): Promise<Map<string, Rules>> {
  const found = new Map<string, Rules>()
  for (const folder of ['src', 'plugins']) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
      if (!/^export const \w+Rules\b/m.test(readFileSync(join(root, folder, file), 'utf8'))) continue
      const exported = await import(pathToFileURL(join(root, folder, file)).href) as Record<string, unknown>
      for (const [name, value] of Object.entries(exported)) if (name.endsWith('Rules') && typeof value === 'object') found.set(name, value as Rules)
    }
  }
  return found
}

t.test('every option of every plugin is in docs/options.md', async (t) => {
  const found = await rulesInSources()
  t.ok(found.size > 15, `${found.size} tables of rules`)
  const documented = new Set(Object.values(tables).flatMap((rules) => Object.entries(rules).map(([name, { about }]) => `${name}: ${about}`)))
  for (const [table, rules] of found) {
    for (const [name, { about }] of Object.entries(rules)) t.ok(documented.has(`${name}: ${about}`), `${table} has "${name}": add the table to tools/tables.ts, and a section to docs/options.md`)
  }
  for (const name of Object.keys(tables)) t.match(page, `<!-- options: ${name} -->\n| option |`, name)
})

t.test('every plugin that the package exports has a section in docs/options.md and a line in the README', async (t) => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  for (const path of Object.keys(exports).filter((name) => !name.endsWith('.json'))) {
    t.match(page, `## \`fastify-entra${path.slice(1)}\`\n`, path)
    t.match(readme, path === '.' ? '| `fastify-entra` |' : new RegExp(`\`(?:fastify-entra)?${path.slice(1)}\``), path)
  }
})

t.test('a table of options that is written by hand has the defaults of the code', async (t) => {
  const rules = new Map(Object.values(tables).flatMap((table) => Object.entries(table)))
  let count = 0
  for (const document of documents()) {
    const byHand = document.text.replace(/<!-- options: \w+ -->[^]*?<!-- \/options -->/g, '')
    for (const [, rows] of proseOf({ ...document, text: byHand }).matchAll(/^\| option \| default \|.*\n\|[-|]+\n((?:\|.*\n)+)/gm)) {
      for (const row of rows!.trim().split('\n')) {
        const [, names, shown] = row.split(/(?<!\\)\|/).map((cell) => cell.trim())
        for (const [, name] of names!.matchAll(/`(\w+)`/g)) {
          const rule = rules.get(name!)
          count += 1
          if (rule === undefined) t.fail(`${document.name}: there is no option "${name}"`)
          else t.ok(agrees(shown!, rule), `${document.name}: the default of "${name}" is shown as ${shown}, and is ${JSON.stringify(rule.default) ?? rule.defaultText ?? 'none'}`)
        }
      }
    }
  }
  t.ok(count > 10, `${count} rows`)
  t.notOk(agrees('`true`', { default: false, about: '' }))
  t.notOk(agrees('500 ms', { default: 5_000, about: '' }))
  t.ok(agrees('5,000 ms', { default: 5_000, about: '' }))
  t.ok(agrees('2 days', { default: 172_800_000, about: '' }))
  t.notOk(agrees('20 days', { default: 172_800_000, about: '' }))
  t.notOk(agrees('`true`', { about: '' }), 'none is none')
})

const units: Record<string, number> = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Whether a default that is shown is that of the rule: as it stands in code, or for milliseconds as `12 hours`. Where the rule has words or nothing, it must not be a plain value. */
function agrees (shown: string, { default: value, defaultText, required }: Rules[string]): boolean {
  const plain = shown.replaceAll('`', '').replaceAll(/(?<=\d),(?=\d{3})/g, '')
  if (required === true) return plain.includes('must be given')
  if (value === undefined || defaultText !== undefined) return !/^(?:true|false|\d+)$/.test(plain)
  if (typeof value === 'number') return numbersIn(plain).includes(value)
  if (Array.isArray(value) && value.length === 0) return plain === 'none' || plain === '[]'
  return plain.includes(typeof value === 'string' ? value : JSON.stringify(value))
}

function numbersIn (text: string): number[] {
  return [...text.matchAll(/(\d+)(?: (second|minute|hour|day)s?\b)?/g)].map(([, number, unit]) => Number(number) * (unit === undefined ? 1 : units[unit]!))
}
