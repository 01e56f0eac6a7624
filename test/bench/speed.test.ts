import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { partsOf } from '../../bench/profile.ts'
import { takesLong } from '../patient.ts'
import { temporaryFolder } from '../store/database.ts'
import { numberOf, root, rowsOf, runBench } from './run.ts'

takesLong()

const small = ['--source', '--rounds', '2', '--sign-ins', '10', '--visits', '30', '--warm-sign-ins', '4', '--warm-visits', '10', '--starts', '1']

t.test('the benchmark measures three servers with real sign-ins, judges the goals, and writes page, picture, figures and profiles', async (t) => {
  const out = temporaryFolder(t)
  const profiles = temporaryFolder(t)
  copyFileSync(join(root, 'docs/speed.md'), join(out, 'speed.md'))
  const stdout = await runBench('speed.ts', ...small, '--out', out, '--profile', profiles)
  t.match(stdout, /^round 2 of 2: bare Fastify [\d.,]+ µs; hand-written [\d., ]+ µs; fastify-entra [\d., ]+ µs$/m)

  const page = readFileSync(join(out, 'speed.md'), 'utf8')
  for (const name of ['hand-written', 'fastify-entra']) {
    const [cells] = rowsOf(page, new RegExp(`^${name}$`))
    t.equal(cells!.length, 4)
    for (const cell of cells!) t.ok(numberOf(cell) > 0, `${name}: ${cell}`)
  }
  const [[first, repeat, visit] = []] = rowsOf(page, /^bare Fastify$/)
  t.same([first, repeat], ['', ''])
  t.ok(numberOf(visit) > 0)
  const goals = rowsOf(page, /^(?:first sign-in, of|repeat sign-in, of|signed-in request, of|resident memory|cold start)/)
  t.equal(goals.length, 5)
  for (const [most, value, word] of goals) t.equal(word, numberOf(value) <= numberOf(most) ? 'met' : '**not met**')
  t.equal(rowsOf(page, /^(?:first sign-in|repeat sign-in|signed-in request), (?:bare Fastify|hand-written|fastify-entra)$/).length, 7)
  t.match(page, '| node | ' + process.versions.node + ' |')
  t.match(page, '| run | 2 rounds of 10 first and 10 repeat sign-ins and 30 requests for each server')

  t.match(readFileSync(join(out, 'pictures/speed.svg'), 'utf8'), /repeat sign-in<\/text>[^]*<rect x="130" y="\d+" width="[1-9]/)
  const { servers } = JSON.parse(readFileSync(join(out, 'speed.json'), 'utf8'))
  t.match(servers, [{ name: 'bare Fastify' }, { name: 'hand-written' }, { name: 'fastify-entra', turns: [{ first: { cpu: Number, p99: Number } }, {}] }])
  t.same(readdirSync(profiles).sort(), ['bare.cpuprofile', 'hand-written.cpuprofile', 'ours.cpuprofile'])
  t.ok(partsOf(readFileSync(join(profiles, 'ours.cpuprofile'), 'utf8')).owners.some(([owner]) => owner === 'fastify'))
})

t.test('a run that is smaller than the page is based on changes no page unless it is told to', async (t) => {
  const before = readFileSync(join(root, 'docs/speed.md'), 'utf8')
  const stdout = await runBench('micro.ts', '--milliseconds', '1')
  for (const name of ['seal an attempt', 'verify an ID token', 'decide about a first sign-in', 'user of a stored session']) {
    t.ok(numberOf(rowsOf(stdout, new RegExp(`^${name}$`))[0]![0]) > 0, name)
  }
  t.equal(readFileSync(join(root, 'docs/speed.md'), 'utf8'), before)

  const out = temporaryFolder(t)
  copyFileSync(join(root, 'docs/speed.md'), join(out, 'speed.md'))
  await runBench('micro.ts', '--milliseconds', '1', '--out', out)
  t.equal(rowsOf(readFileSync(join(out, 'speed.md'), 'utf8'), /^seal an attempt$/).length, 1)
  t.match(JSON.parse(readFileSync(join(out, 'speed-micro.json'), 'utf8')), { milliseconds: 1, found: [{ name: 'seal an attempt', p50: Number }] })
  t.notOk(existsSync(join(out, 'pictures')))
})
