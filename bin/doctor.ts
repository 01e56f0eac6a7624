import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import entra, { type EntraOptions } from '../plugins/fastify-entra.ts'
import { gatherFacts } from '../plugins/diagnosis/facts.ts'
import { factsOfToken } from '../plugins/diagnosis/token-facts.ts'
import { signInOf } from '../plugins/sign-in.ts'
import { ConfigurationError } from '../src/core/errors.ts'
import { checklist, type ChecklistItem } from '../src/diagnosis/checklist.ts'
import { diagnose } from '../src/diagnosis/diagnose.ts'
import type { Finding } from '../src/diagnosis/types.ts'
import { type Call, CommandError, Report, UsageError } from './command.ts'
import { manifestGiven, tokenGiven } from './given-files.ts'
import { readGiven } from './given.ts'
import { type LoadedApplication, loadApplication } from './load-application.ts'
import { type Paint, paintFor } from './paint.ts'
import { withProgress } from './progress.ts'

/** Looks for what is wrong with a set-up. */
export async function runDoctor (call: Call): Promise<unknown> {
  const seen = await examine(call)
  const isGood = seen.findings.every(({ severity }) => severity === 'warning' && call.flags.strict !== true)
  return new Report(call.flags.json === true ? JSON.stringify(seen, null, 2) : describe(seen, paintFor(call)), isGood)
}

/** What the doctor has to say. */
interface Examination {
  /** What was looked at; `null` where it did not boot. */
  readonly application: { readonly baseUrl: string, readonly clientId: string, readonly tenant: string, readonly simulated: boolean } | null
  readonly checklist: readonly ChecklistItem[]
  readonly findings: readonly Finding[]
}

async function examine (call: Call): Promise<Examination> {
  const manifest = manifestGiven(call)
  const token = await tokenOf(call)
  let loaded: LoadedApplication
  try {
    loaded = await withProgress(call, 'still loading the application', async () => await load(call))
  } catch (error) {
    if (error instanceof ConfigurationError) return { application: null, checklist: [], findings: [refusedToBoot(error)] }
    throw error
  }
  try {
    const { app } = loaded
    const { config: { origin, clientId, tenant, simulated, authority } } = signInOf(app)
    const facts = await withProgress(call, `still asking ${authority.base}`, async () => await gatherFacts(app, { token, manifest, requestHost: null }))
    const findings = diagnose(facts)
    return { application: { baseUrl: origin, clientId, tenant, simulated }, checklist: checklist(facts, findings), findings }
  } finally {
    await loaded.close()
  }
}

/** Its message names the option, what was given and the remedy. */
function refusedToBoot ({ message }: Error): Finding {
  return { id: 'application_refused', severity: 'error', seen: message, why: 'The application does not start.', remedy: 'Change the option that is named.' }
}

async function tokenOf (call: Call): Promise<ReturnType<typeof factsOfToken>> {
  const path = call.flags['token-file'] as string | undefined
  if (path === undefined) return null
  const facts = factsOfToken(path === '-' ? await tokenGiven(call, path) : readGiven(call, '--token-file', path).trim())
  if (facts === null) throw new CommandError('--token-file: there is no ID token in it. Give the compact form, three parts with dots between.')
  return facts
}

async function load (call: Call): Promise<LoadedApplication> {
  const [path] = call.operands
  return path === undefined ? await fromVariables(call) : await loadApplication(path, call)
}

/** An application that has nothing but the values from the portal. */
async function fromVariables ({ variables }: Call): Promise<LoadedApplication> {
  const { BASE_URL: baseUrl, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, TENANT: tenant, AUTHORITY: authority } = variables
  if (baseUrl === undefined || clientId === undefined) throw new UsageError('give the module of the application, or set the variables BASE_URL, CLIENT_ID and CLIENT_SECRET.')
  const folder = mkdtempSync(join(tmpdir(), 'fastify-entra-'))
  const options: EntraOptions = { baseUrl, clientId, clientSecret, tenant, authority, database: join(folder, 'doctor.sqlite'), secrets: ['of a doctor, who seals nothing that lasts'], rateLimit: false }
  // Where it runs later, and behind which proxy, is not known here.
  const app: FastifyInstance = Fastify({ trustProxy: true })
  const close = async (): Promise<void> => {
    await app.close()
    rmSync(folder, { recursive: true })
  }
  try {
    await app.register(entra, options)
    await app.ready()
  } catch (error) {
    await close()
    throw error
  }
  return { app, close }
}

function describe ({ application, checklist: items, findings }: Examination, paint: Paint): string {
  const marks = { right: paint('green', 'right  '), wrong: paint('red', 'wrong  '), unknown: paint('dim', 'unknown') } as const
  const errors = findings.filter(({ severity }) => severity === 'error').length
  return [
    ...(application === null ? [] : [paint('bold', headlineOf(application)), '']),
    ...items.map(({ state, title, note }) => `  ${marks[state]}  ${title}${note === null ? '' : `: ${note}`}`),
    ...findings.flatMap((finding) => describeFinding(finding, paint)),
    '',
    findings.length === 0 ? paint('green', 'Nothing is wrong.') : `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}.`
  ].join('\n')
}

function headlineOf ({ baseUrl, clientId, tenant, simulated }: NonNullable<Examination['application']>): string {
  return simulated ? `${baseUrl}: a simulator stands in for Microsoft, so this is about it` : `${baseUrl}, client ${clientId}, tenant ${tenant}`
}

function describeFinding ({ id, severity, seen, why, remedy }: Finding, paint: Paint): string[] {
  return ['', paint(severity === 'error' ? 'red' : 'yellow', `${severity}: ${id}`), `  ${seen}`, `  ${why}`, `  Remedy: ${remedy}`]
}

function count (number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
