import { html, type SafeHtml } from '@remix-run/html-template'
import type { Identifier } from '../linking/types.ts'
import type { ScoredEmail } from '../verification/types.ts'
import type { PageContext } from './context.ts'
import { moment, named } from './parts.ts'

/** The addresses of an account, each with its proof. */
export function identifierEntries (identifiers: readonly Identifier[], context: PageContext): SafeHtml {
  if (identifiers.length === 0) return html`<p>${context.say('account.no_address')}</p>`
  return html`<ul class="entries">
${identifiers.map((identifier) => identifierEntry(identifier, context))}</ul>`
}

function identifierEntry ({ address, provenance }: Identifier, { say, language: { tag } }: PageContext): SafeHtml {
  const proof = provenance === null
    ? say('account.address_unproven')
    : say('account.address_proven', { at: moment(tag, provenance.at), proof: say(`evidence.${provenance.kind}`) })
  return html`<li><p>${named(address)}</p>
<p>${proof}</p></li>
`
}

/** The address of a sign-in, how far it can be trusted, and why. */
export function emailSection (email: ScoredEmail | null, { say }: PageContext): SafeHtml {
  if (email === null) return html`<p>${say('account.no_email')}</p>`
  return html`<dl>
<dt>${say('account.address')}</dt><dd>${email.address}</dd>
<dt>${say('account.score')}</dt><dd>${say('account.score_of', { score: email.score })}</dd>
<dt>${say('account.verified')}</dt><dd>${say(email.verified ? 'account.yes' : 'account.no')}</dd>
</dl>
<h3>${say('account.evidence')}</h3>
<ul>
${email.evidence.map(({ kind, score }) => html`<li><code>${kind}</code> (${score}): ${say(`evidence.${kind}`)}</li>
`)}</ul>`
}
