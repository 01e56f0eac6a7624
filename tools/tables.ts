import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes, errorText, statusOf } from '../src/core/errors.ts'
import { helpCodes, helpWords } from '../src/core/help.ts'
import type { OptionRule } from '../src/core/options.ts'
import { adminConsentRules } from '../plugins/admin-consent.ts'
import { ownRules } from '../plugins/fastify-entra.ts'
import { linkingPluginRules } from '../plugins/linking.ts'
import { providerPluginRules } from '../plugins/provider.ts'
import { simulatorPluginRules } from '../plugins/simulator.ts'
import { certificateRules, federatedRules, secretRules, tokenFileRules } from '../src/credentials/options.ts'
import { verificationPluginRules } from '../plugins/verification.ts'
import { mailOptionRules } from '../src/mail/options.ts'
import { codesOptionRules } from '../src/challenges/options.ts'
import { auditOptionRules, eventOptionRules } from '../src/events/options.ts'
import { identitiesOptionRules } from '../src/linking/identities-options.ts'
import { clientRules } from '../src/identity/client-options.ts'
import { identityOptionRules } from '../src/identity/options.ts'
import { healthOptionRules } from '../src/health/options.ts'
import { pagesOptionRules } from '../src/pages/options.ts'
import { setupOptionRules } from '../src/pages/setup-options.ts'
import { helpText } from '../src/pages/error.ts'
import { microsoftErrors } from '../src/provider/aadsts.ts'
import { requireUserRules } from '../src/session/recent.ts'
import { sessionOptionRules } from '../src/session/options.ts'
import { signOutOptionRules } from '../src/session/sign-out-options.ts'
import { accountRules, clientSecretRules, federatedCredentialRules, simulatorKitRules, tenantRules } from '../src/simulator/options.ts'
import { tokensOptionRules } from '../src/tokens/options.ts'
import { asvsFigures } from './asvs.ts'
import { readLockfile } from './dependency-tree.ts'
import { errorAdvice } from './error-advice.ts'
import { licenceTables } from './licences.ts'
import { withMarked } from './marked.ts'

const root = join(import.meta.dirname, '..')

// The rules of one plugin, whatever its options are.
export type Rules = Readonly<Record<string, Pick<OptionRule<unknown>, 'required' | 'defaultText' | 'default' | 'about'>>>

/** The tables of options, by the names that documents call them by. */
export const tables: Readonly<Record<string, Rules>> = {
  together: ownRules,
  provider: providerPluginRules,
  verification: verificationPluginRules,
  linking: linkingPluginRules,
  mail: mailOptionRules,
  session: sessionOptionRules,
  tokens: tokensOptionRules,
  signOut: signOutOptionRules,
  codes: codesOptionRules,
  identities: identitiesOptionRules,
  identity: identityOptionRules,
  events: eventOptionRules,
  audit: auditOptionRules,
  pages: pagesOptionRules,
  setup: setupOptionRules,
  health: healthOptionRules,
  adminConsent: adminConsentRules,
  simulator: simulatorPluginRules,
  simulatorKit: simulatorKitRules,
  // Members of what options are lists of, and of what a hook is given.
  secret: secretRules,
  certificate: certificateRules,
  federated: federatedRules,
  tokenFile: tokenFileRules,
  requireUser: requireUserRules,
  client: clientRules,
  simulatedTenant: tenantRules,
  simulatedAccount: accountRules,
  simulatedSecret: clientSecretRules,
  simulatedFederation: federatedCredentialRules
}

function row ([name, rule]: [string, Rules[string]]): string {
  const value = rule.required === true ? 'must be given' : rule.defaultText ?? (rule.default === undefined ? 'none' : `\`${JSON.stringify(rule.default)}\``)
  return `| \`${name}\` | ${value} | ${rule.about} |`
}

function optionTable (name: string): string {
  const rules = tables[name]
  if (rules === undefined) throw new Error(`A document has a table of options for "${name}", which is no plugin`)
  return `| option | default | what it does |\n|---|---|---|\n${Object.entries(rules).map(row).join('\n')}\n`
}

function errorTable (): string {
  const rows = errorCodes.map((code) => `| \`${code}\` | ${statusOf(code)} | ${errorText(code)} | ${errorAdvice[code].when} | ${errorAdvice[code].todo} |`)
  return `| code | status | what people read | when it comes | what you do |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}

/** The reasons that the sources give for each code: `refuse('code', 'reason')`, also as a member of what the log is told. */
function reasonTable (): string {
  const sources = ['src', 'plugins'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts')).sort().map((file) => readFileSync(join(root, folder, file), 'utf8')))
  const rows = errorCodes.map((code) => {
    const found = sources.flatMap((text) => [...text.matchAll(new RegExp(`refuse\\('${code}', (?:\\{\\s*reason: )?'(\\w+)'`, 'g'))].map(([, reason]) => reason!))
    return [code, [...new Set(found)].sort()] as const
  })
  return `| code | reasons |\n|---|---|\n${rows.filter(([, reasons]) => reasons.length > 0).map(([code, reasons]) => `| \`${code}\` | ${reasons.map((reason) => `\`${reason}\``).join(', ')} |`).join('\n')}\n`
}

function microsoftErrorTable (): string {
  const rows = microsoftErrors.map(({ number, means, actor, remedy, code, help }) =>
    `| [${number}](https://login.microsoftonline.com/error?code=${number}) | ${means} | ${actor} | ${remedy} | \`${code}\`${help === undefined ? '' : `, \`${help}\``} |`)
  return `| AADSTS | what it means | who must act | what to do | code, help |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}

function helpTable (): string {
  const rows = helpWords.map((word) => `| \`${word}\` | ${helpCodes(word).map((code) => `\`${code}\``).join(', ')} | ${helpText(word)} |`)
  return `| help | beside | what the error page says |\n|---|---|---|\n${rows.join('\n')}\n`
}

/**
 * The document with its tables as the code has them. Tables of options stand
 * between `<!-- options: NAME -->` and `<!-- /options -->`, the one of errors between `<!-- errors -->` and `<!-- /errors -->`;
 * those of reasons, Microsoft's numbers, help words, licences and figures of the ASVS
 * likewise (`reasons`, `microsoft-errors`, `help-words`, `licences`, `asvs-figures`).
 */
export function withTables (document: string): string {
  const withOptions = document
    .replace(/(<!-- options: (\w+) -->\n)[^]*?(<!-- \/options -->)/g, (_all, start: string, name: string, end: string) => start + optionTable(name) + end)
  return Object.entries(others).reduce((text, [name, table]) => withMarked(text, name, table), withOptions)
}

const others: Readonly<Record<string, () => string>> = {
  errors: errorTable,
  reasons: reasonTable,
  'microsoft-errors': microsoftErrorTable,
  'help-words': helpTable,
  licences: () => `\n${licenceTables(readLockfile(root))}\n`,
  'asvs-figures': () => `\n${asvsFigures(readFileSync(join(root, 'docs/asvs.md'), 'utf8'))}\n`
}
