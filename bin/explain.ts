import { is } from '../src/core/options.ts'
import { isGuid } from '../src/core/guid.ts'
import { type PresetName, presets } from '../src/core/presets.ts'
import type { Explanation, Forecast } from '../src/diagnosis/explanation.ts'
import { explainToken, type Yardstick } from '../plugins/diagnosis/explain-token.ts'
import { plainYardstick, yardstickOf } from '../plugins/diagnosis/yardstick.ts'
import { signInOf } from '../plugins/sign-in.ts'
import { type Call, Report, UsageError } from './command.ts'
import { tokenGiven } from './given-files.ts'
import { loadApplication } from './load-application.ts'
import { type Paint, paintFor } from './paint.ts'

/** Explains a token. */
export async function runExplain (call: Call): Promise<unknown> {
  const token = await tokenGiven(call, call.operands[0])
  const explanation = await explainToken(token, await yardstickGiven(call))
  return call.flags.json === true ? explanation : new Report(describe(explanation, paintFor(call)), true)
}

async function yardstickGiven (call: Call): Promise<Yardstick> {
  const { flags } = call
  const time = { now: timeGiven(call), nonce: (flags.nonce ?? null) as string | null }
  if (flags.application !== undefined) return { ...await ofApplication(flags.application as string, call), ...time }
  const { tenant = 'common', authority, preset = 'standard', 'client-id': clientId = null } = flags
  if (clientId !== null && !isGuid(clientId)) throw new UsageError('--client-id is the Application (client) ID of the Azure portal, a GUID.')
  if (!is.oneOf(...Object.keys(presets))(preset)) throw new UsageError('--preset is standard, strict or upn.')
  if (authority !== undefined && !is.origin(authority)) throw new UsageError('--authority is an origin such as https://login.microsoftonline.com.')
  const plain = plainYardstick({ clientId: clientId as string | null, tenant: (tenant as string).toLowerCase(), authority: authority as string | undefined, preset: preset as PresetName, now: time.now })
  return { ...plain, ...time }
}

/** Its options, and not its store: what a person has is none of the doctor's business. */
async function ofApplication (path: string, call: Call): Promise<Omit<Yardstick, 'nonce'>> {
  const { app, close } = await loadApplication(path, call)
  const { knowledgeOf: _knowledgeOf, ...yardstick } = yardstickOf(signInOf(app))
  await close()
  return yardstick
}

function timeGiven ({ flags, environment }: Call): number {
  if (flags.at === undefined) return environment.now()
  const time = Date.parse(flags.at as string)
  if (Number.isNaN(time)) throw new UsageError('--at is a time such as 2027-05-31T12:00:00Z.')
  return time
}

function describe ({ token, rules, claims, email, sentences, forecasts, presets: underPresets }: Explanation, paint: Paint): string {
  const marks = { holds: paint('green', 'holds    '), broken: paint('red', 'broken   '), unchecked: paint('dim', 'unchecked') } as const
  return [
    token.outcome === 'accepted' ? paint('green', 'The token would be accepted, as far as it was checked.') : paint('red', `The token would be refused: ${token.code} (${token.reason}).`),
    ...section('Rules', rules.map(({ state, sentence, note }) => `${marks[state]}  ${sentence}${note === null ? '' : ` ${note}`}`), paint),
    ...section('Claims', Object.entries(claims ?? {}).map(([name, value]) => `${printable(name)}: ${printable(JSON.stringify(value))}`), paint),
    ...section('Address', [...email === null ? [] : [`${email.canonical ?? 'none'} (score ${email.score})`], ...sentences], paint),
    ...section('Linking', forecasts.map(lineOf), paint),
    ...section('Presets', underPresets.map(({ preset, email: scored, forecasts: [first] }) =>
      `${preset.padEnd(8)}  score ${scored.score}, ${scored.verified ? 'verified' : 'not verified'}; ${first!.row}: ${first!.sentence}`), paint)
  ].join('\n')
}

/** Whoever made the token may have put something into it that a terminal obeys, or that turns the text around. */
function printable (text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`)
}

function lineOf ({ title, row, sentence }: Forecast): string {
  return `${title.padEnd(30)}  ${row}: ${sentence}`
}

function section (title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), ...lines.map((line) => `  ${line}`)]
}
