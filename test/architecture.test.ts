import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '..')
// Each room may use the types of those before it, and the values of core.
const rooms = ['core', 'credentials', 'provider', 'verification', 'linking', 'session', 'tokens', 'graph', 'identity', 'mail', 'challenges', 'events', 'health', 'store', 'diagnosis', 'pages', 'simulator']

interface Import { file: string, target: string, typeOnly: boolean }

function filesBelow (folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).map((file) => join(folder, file))
}

function importsOf (file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/^(?:import|export) (type )?(?:[^'\n]|\n(?= {2}|\}))*?from '([^']+)'/gm)].map(([statement, type, target]) => {
    const names = /\{([^}]*)\}/.exec(statement)?.[1]?.split(',').map((name) => name.trim()).filter((name) => name !== '')
    const allTypes = names !== undefined && names.every((name) => name.startsWith('type '))
    return { file, target: target!, typeOnly: type !== undefined || allTypes }
  })
}

const roomOf = (path: string): string => relative(join(root, 'src'), path).split(sep)[0]!

t.test('a file of src imports values from its own room and core, and types from earlier rooms', async (t) => {
  for (const file of filesBelow('src')) {
    const own = roomOf(join(root, file))
    t.ok(rooms.includes(own), `${own} is a room`)
    for (const { target, typeOnly } of importsOf(file).filter((one) => one.target.startsWith('.'))) {
      const path = join(root, dirname(file), target)
      t.ok(path.startsWith(join(root, 'src') + sep), `${file} stays in src`)
      const other = roomOf(path)
      const allowed = other === own || other === 'core' || (typeOnly && rooms.indexOf(other) < rooms.indexOf(own))
      t.ok(allowed, `${file} imports ${typeOnly ? 'types' : 'values'} from ${other}`)
    }
  }
})

t.test('src knows nothing of Fastify', async (t) => {
  for (const file of filesBelow('src')) {
    const foreign = importsOf(file).map(({ target }) => target).filter((target) => /^fastify|^@fastify\/(?!error$)/.test(target))
    t.same(foreign, [], file)
  }
})

t.test('nothing in src, plugins or bin reads the clock, chance, the network or the environment behind a caller\'s back', async (t) => {
  const exempt: Record<string, RegExp> = {
    'src/core/environment.ts': /Date\.now|globalThis\.fetch/g,
    'src/core/production.ts': /process\.env/g,
    'bin/fastify-entra.ts': /process\.env/g
  }
  for (const file of [...filesBelow('src'), ...filesBelow('plugins'), ...filesBelow('bin')]) {
    const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '').replace(exempt[file.split(sep).join('/')] ?? /$^/, '')
    t.notMatch(code, /Date\.now|new Date\(\)|Math\.random|\bprocess\.env|globalThis\.fetch|console\./, file)
  }
})

t.test('the flow that finishes a sign-in is four steps in one file', async (t) => {
  const text = readFileSync(join(root, 'plugins/finish-sign-in.ts'), 'utf8')
  const steps = ['await redeem(', 'await verify(', 'await link(', 'await startSession('].map((step) => text.indexOf(step))
  t.ok(steps.every((at) => at > 0))
  t.same(steps, [...steps].sort((a, b) => a - b))
})

t.test('every file of src and plugins can be loaded', async (t) => {
  for (const file of [...filesBelow('src'), ...filesBelow('plugins')]) t.ok(await import(join(root, file)), file)
})
