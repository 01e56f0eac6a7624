import { errorCodes, errorText, statusOf } from '../src/core/errors.ts'
import { helpCodes, helpWords } from '../src/core/help.ts'
import type { OptionRule } from '../src/core/options.ts'
import { adminConsentRules } from '../plugins/admin-consent.ts'
import { ownRules } from '../plugins/fastify-entra.ts'
import { linkingPluginRules } from '../plugins/linking.ts'
import { providerPluginRules } from '../plugins/provider.ts'
import { simulatorPluginRules } from '../plugins/simulator.ts'
import { verificationPluginRules } from '../plugins/verification.ts'
import { mailOptionRules } from '../src/mail/options.ts'
import { codesOptionRules } from '../src/challenges/options.ts'
import { auditOptionRules, eventOptionRules } from '../src/events/options.ts'
import { identitiesOptionRules } from '../src/linking/identities-options.ts'
import { identityOptionRules } from '../src/identity/options.ts'
import { pagesOptionRules } from '../src/pages/options.ts'
import { helpText } from '../src/pages/error.ts'
import { microsoftErrors } from '../src/provider/aadsts.ts'
import { sessionOptionRules } from '../src/session/options.ts'
import { signOutOptionRules } from '../src/session/sign-out-options.ts'
import { tokensOptionRules } from '../src/tokens/options.ts'

// The rules of one plugin, whatever its options are.
type Rules = Readonly<Record<string, Pick<OptionRule<unknown>, 'required' | 'defaultText' | 'default' | 'about'>>>

const tables: Record<string, Rules> = {
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
  adminConsent: adminConsentRules,
  simulator: simulatorPluginRules
}

function row ([name, rule]: [string, Rules[string]]): string {
  const value = rule.required === true ? 'must be given' : rule.defaultText ?? (rule.default === undefined ? 'none' : `\`${JSON.stringify(rule.default)}\``)
  return `| \`${name}\` | ${value} | ${rule.about} |`
}

function optionTable (name: string): string {
  const rules = tables[name]
  if (rules === undefined) throw new Error(`README.md has a table of options for "${name}", which is no plugin`)
  return `| option | default | what it does |\n|---|---|---|\n${Object.entries(rules).map(row).join('\n')}\n`
}

function errorTable (): string {
  const rows = errorCodes.map((code) => `| \`${code}\` | ${statusOf(code)} | ${errorText(code)} |`)
  return `| code | status | text |\n|---|---|---|\n${rows.join('\n')}\n`
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
 * those of Microsoft's numbers and of help words likewise (`microsoft-errors`, `help-words`).
 */
export function withTables (document: string): string {
  return document
    .replace(/(<!-- options: (\w+) -->\n)[^]*?(<!-- \/options -->)/g, (_all, start: string, name: string, end: string) => start + optionTable(name) + end)
    .replace(/(<!-- errors -->\n)[^]*?(<!-- \/errors -->)/, (_all, start: string, end: string) => start + errorTable() + end)
    .replace(/(<!-- microsoft-errors -->\n)[^]*?(<!-- \/microsoft-errors -->)/, (_all, start: string, end: string) => start + microsoftErrorTable() + end)
    .replace(/(<!-- help-words -->\n)[^]*?(<!-- \/help-words -->)/, (_all, start: string, end: string) => start + helpTable() + end)
}
