import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { type Block, blocksOf, documents } from '../docs/documents.ts'
import { launchChromium } from '../browser/chromium.ts'
import { takesLong } from '../patient.ts'
import { reservePort } from '../ports.ts'
import { needsChromium, needsRegistry } from '../services.ts'
import { emptyFolder, packTree, run } from './pack.ts'

takesLong()

// The Node of this process: the one of the system may be an older one than the README asks for.
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}`, NODE_ENV: undefined }

/** What a newcomer does, as the section of the README says it: commands and files in their order, and the page that is opened then. */
interface Path {
  readonly steps: readonly Step[]
  readonly page: string
}

type Step = { readonly file: string, readonly code: string } | { readonly command: string }

function pathOf (section: string): Path {
  const blocks = blocksOf({ name: 'README.md', text: section })
  const steps = blocks.filter(({ language }) => language !== 'json').flatMap((block): Step[] => block.language === 'sh'
    ? block.code.trim().split('\n').map((command) => ({ command }))
    : [{ file: fileOf(section, block), code: block.code }])
  return { steps, page: /Open (http:\/\/localhost:3000\/\S+) /.exec(section)![1]! }
}

/** The file that the sentence before a block says to save it as. */
function fileOf (section: string, { line }: Block): string {
  return [...section.split('\n').slice(0, line).join('\n').matchAll(/Save this as `([^`]+)`/g)].at(-1)![1]!
}

const readme = documents().find(({ name }) => name === 'README.md')!.text
const section = readme.slice(readme.indexOf('## Ten minutes'), readme.indexOf('\n## ', readme.indexOf('## Ten minutes') + 1))

t.test('the newcomer\'s path is three commands and ten lines of code at most', async (t) => {
  const { steps } = pathOf(section)
  const commands = steps.flatMap((step) => 'command' in step ? [step.command] : [])
  const lines = steps.flatMap((step) => 'code' in step ? step.code.split('\n').filter((line) => line.trim() !== '') : [])
  t.comment(`${commands.length} commands: ${commands.join(', ')}; ${lines.length} lines of code`)
  t.ok(commands.length >= 2 && commands.length <= 3)
  t.ok(lines.length >= 5 && lines.length <= 10)
})

const services = { skip: needsRegistry().skip || needsChromium().skip }

t.test('from an empty folder, by the README word for word, to a signed-in page of an own application', services, async (t) => {
  const { tarball } = await packTree(t)
  const folder = emptyFolder(t)
  const { steps, page } = pathOf(section)
  // Two words are others: the tarball stands in for the registry, and the port is one that is free beside the other tests.
  const port = String(await reservePort())
  const here = (text: string): string => text.replaceAll('3000', port).replace(/^(npm install .*)fastify-entra$/, `$1${tarball}`)
  const began = performance.now()
  const times: string[] = []
  let started: ChildProcess | undefined
  t.teardown(async () => await stop(started))
  for (const step of steps) {
    if ('file' in step) writeFileSync(join(folder, step.file), here(step.code))
    else if (!step.command.startsWith('node ')) await run('sh', ['-c', here(step.command)], { cwd: folder, env })
    else started = await startServer(step.command, folder, `http://localhost:${port}/`)
    times.push(`${'file' in step ? step.file : step.command}: ${seconds(began)}`)
  }

  const browser = await launchChromium(t)
  const tab = await browser.newPage()
  tab.setDefaultTimeout(120_000)
  await tab.goto(here(page))
  await tab.getByRole('link', { name: 'Sign in with Microsoft' }).click()
  await tab.getByRole('button', { name: 'Ada Lovelace ada@contoso.example' }).first().click()
  await tab.waitForURL(here(page))
  const user = JSON.parse(await tab.locator('body').innerText())
  t.match(user, { displayName: 'Ada Lovelace', email: { address: 'ada@contoso.example', score: 90, verified: true } }, 'the page says who it is')
  t.same(Object.keys(user), Object.keys(shownUser()), 'and has what the README shows')
  t.comment(`${times.join('; ')}; signed in: ${seconds(began)}`)
  t.ok(performance.now() - began < 600_000, 'within the ten minutes that the section has in its name')
})

/** The user as the README shows one. */
function shownUser (): object {
  return JSON.parse(blocksOf({ name: 'README.md', text: section }).find(({ language }) => language === 'json')!.code)
}

/** Starts what does not end by itself, and waits until it answers. */
async function startServer (command: string, cwd: string, url: string): Promise<ChildProcess> {
  const [program, ...words] = command.split(' ')
  const child = spawn(program!, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += String(chunk) })
  while (child.exitCode === null && !await fetch(url).then(() => true, () => false)) await wait(50)
  if (child.exitCode !== null) throw new Error(output)
  return child
}

async function stop (child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  await ended
}

function seconds (since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`
}
