import type { Facts, Finding, FindingId } from './types.ts'

/** One thing that a set-up needs. */
export interface ChecklistItem {
  readonly id: string
  readonly title: string
  /** `unknown` where it cannot be seen, or not yet. */
  readonly state: 'right' | 'wrong' | 'unknown'
  /** Why it is not known; `null` where it is. */
  readonly note: string | null
}

interface Item {
  readonly id: string
  readonly title: string
  /** What makes it wrong. */
  readonly wrong: readonly FindingId[]
  /** Whether it can be told that it is right. */
  readonly isKnown: (facts: Facts) => boolean
  readonly otherwise: string
}

/** Numbers that come after the client id was found right. */
const pastTheClient: readonly number[] = [50011, 9002325, 9002327]
const notAsked = 'Microsoft did not get as far as that.'

const items: readonly Item[] = [
  {
    id: 'authority',
    title: 'The authority answers',
    wrong: ['authority_unreachable', 'authority_misbehaves', 'tenant_unknown', 'issuer_differs'],
    isKnown: ({ microsoft }) => microsoft !== null && microsoft.configuration.failure === null,
    otherwise: notAsked
  },
  { id: 'clock', title: 'The clock is right', wrong: ['clock_wrong'], isKnown: ({ microsoft }) => (microsoft?.clockAhead ?? null) !== null, otherwise: 'Microsoft did not say what time it is.' },
  {
    id: 'client',
    title: 'The client id is known, for the tenant that is asked',
    wrong: ['client_unknown', 'registration_single_tenant', 'registration_personal_only', 'registration_work_only', 'manifest_of_another'],
    isKnown: ({ microsoft }) => isSentBack(microsoft) || pastTheClient.includes(microsoft?.authorization.answer?.aadsts ?? 0),
    otherwise: notAsked
  },
  {
    id: 'redirect_url',
    title: 'The redirect URL is registered',
    wrong: ['redirect_url_unregistered', 'redirect_url_differs'],
    isKnown: ({ microsoft }) => isSentBack(microsoft),
    otherwise: notAsked
  },
  {
    id: 'platform',
    title: 'Its platform is Web',
    wrong: ['platform_single_page'],
    isKnown: ({ application, microsoft, manifest }) => manifest?.webRedirectUris.includes(application.redirectUri) === true || isSentBack(microsoft),
    otherwise: notAsked
  },
  {
    id: 'credentials',
    title: 'Each credential is accepted, and lasts',
    wrong: ['secret_wrong', 'credential_expired', 'credential_expiring', 'credential_refused', 'credential_unusable'],
    isKnown: ({ credentials }) => credentials.length > 0 && credentials.every(({ outcome }) => outcome === 'accepted'),
    otherwise: notAsked
  },
  {
    id: 'claims',
    title: 'The optional claims arrive',
    wrong: ['email_missing', 'xms_edov_missing', 'claims_missing', 'token_refused', 'own_signing_keys'],
    isKnown: ({ token, manifest }) => token !== null || manifest !== null,
    otherwise: 'Nobody has signed in yet, and no manifest was given.'
  },
  {
    id: 'mapped_claims',
    title: 'No tenant writes claims of its own into tokens',
    wrong: ['mapped_claims_accepted', 'mapped_claims_arrive'],
    isKnown: ({ manifest }) => manifest !== null,
    otherwise: 'Only the manifest says so.'
  },
  {
    id: 'proxy',
    title: 'The server can see that browsers come by https',
    wrong: ['trust_proxy_missing', 'other_host'],
    isKnown: ({ application }) => application.trustsProxy !== null || application.endsTls || application.origin.startsWith('http:'),
    otherwise: 'Fastify\'s option "trustProxy" cannot be read.'
  }
]

function isSentBack (microsoft: Facts['microsoft']): boolean {
  return microsoft?.authorization.answer?.isSentBack === true
}

/** What a set-up needs, each with its state. */
export function checklist (facts: Facts, findings: readonly Finding[]): readonly ChecklistItem[] {
  return items.map(({ id, title, wrong, isKnown, otherwise }) => {
    if (findings.some((finding) => wrong.includes(finding.id))) return { id, title, state: 'wrong', note: null }
    return isKnown(facts) ? { id, title, state: 'right', note: null } : { id, title, state: 'unknown', note: otherwise }
  })
}
