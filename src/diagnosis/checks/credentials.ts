import { found, nothing } from '../finding.ts'
import type { CredentialFacts, Facts, Finding } from '../types.ts'

const day = 86_400_000
/** A warning comes as early as the log's does, in days. */
const warnAhead = 60

/** What Microsoft says about each credential, and how long it lasts. */
export function checkCredentials ({ now, credentials }: Facts): readonly Finding[] {
  return credentials.flatMap((credential) => {
    const refused = explainOutcome(credential)
    return refused.length > 0 ? refused : endOf(credential.name, credential.expiresAt, now)
  })
}

/** The ends of secrets and certificates that the manifest knows: also of those that no option gives a date. */
export function checkManifestCredentials ({ now, manifest, credentials }: Facts): readonly Finding[] {
  const known = credentials.map(({ expiresAt }) => dayOf(expiresAt ?? 0))
  return (manifest?.credentials ?? [])
    .filter(({ expiresAt }) => !known.includes(dayOf(expiresAt)))
    .flatMap(({ name, expiresAt }) => endOf(`${name} (in the manifest)`, expiresAt, now))
}

function explainOutcome (credential: CredentialFacts): readonly Finding[] {
  const { name, outcome, aadsts, remedy } = credential
  if (outcome === 'unusable') {
    return found('error', 'credential_unusable', {
      seen: `The credential "${name}" gives nothing to send.`,
      why: 'No code can be redeemed by it.',
      remedy: sentence(remedy ?? 'look at what it asks')
    })
  }
  return outcome === 'refused' ? explainRefusal(name, aadsts, remedy) : nothing
}

function explainRefusal (name: string, aadsts: number | null, remedy: string | null): readonly Finding[] {
  const number = aadsts === null ? '' : ` (AADSTS${aadsts})`
  const why = 'No code can be redeemed by it: where there is no other credential, nobody can sign in.'
  if (aadsts === 7000215) {
    return found('error', 'secret_wrong', {
      seen: `Microsoft says that the secret "${name}" is wrong${number}.`,
      why,
      remedy: 'Make a new client secret in the Azure portal and copy the column "Value", not the "Secret ID". The value is shown once.'
    })
  }
  if (aadsts === 7000222) return expired(name, `Microsoft says that the secret "${name}" has expired${number}.`)
  return found('error', 'credential_refused', {
    seen: `Microsoft does not take the credential "${name}"${number}.`,
    why,
    remedy: sentence(remedy ?? 'compare it with "Certificates & secrets" of the app registration')
  })
}

function endOf (name: string, expiresAt: number | null, now: number): readonly Finding[] {
  if (expiresAt === null) return nothing
  const days = Math.floor((expiresAt - now) / day)
  if (days < 0) return expired(name, `The credential "${name}" has expired on ${dayOf(expiresAt)}.`)
  if (days > warnAhead) return nothing
  return found('warning', 'credential_expiring', {
    seen: `The credential "${name}" ends in ${days === 1 ? '1 day' : `${days} days`}, on ${dayOf(expiresAt)}.`,
    why: 'From then on nobody can sign in by it.',
    remedy: 'Make a new one in the Azure portal and put it in front of option "credentials"; both work until the old one ends.'
  })
}

function expired (name: string, seen: string): readonly Finding[] {
  return found('error', 'credential_expired', {
    seen,
    why: 'No code can be redeemed by it.',
    remedy: `Make a new one in the Azure portal, and take "${name}" out of the options and of the app registration.`
  })
}

function dayOf (time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

/** Remedies of credentials are written as the second half of a sentence. */
function sentence (text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`
}
