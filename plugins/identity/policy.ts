import type { interactionPolicy, KoaContextWithOIDC } from 'oidc-provider'
import { recentAcr } from '../../src/identity/recent-acr.ts'
import { isClaimable } from '../../src/identity/redirect-host.ts'
import { isRecent, recent } from '../../src/session/recent.ts'
import type { Parts } from './parts.ts'

/** What a person is asked, and when: oidc-provider's own list, with what this application knows better. */
export function policyOf ({ oidc, signIn: { config: { environment } } }: Parts): interactionPolicy.DefaultPolicy {
  const { base, Check, Prompt } = oidc.interactionPolicy
  const policy = base()
  const login = policy.get('login')!
  const consent = policy.get('consent')!

  // Ages go by the application's clock.
  login.checks.remove('max_age')
  login.checks.add(new Check('max_age', 'End-User authentication is too old', ({ oidc: { params, session, result } }) => {
    const maxAge = params!.max_age
    return maxAge !== undefined && result?.login === undefined && !isOf(session!.loginTs, Number(maxAge) * 1_000)
  }))
  // Voluntary as OpenID Connect has it (section 5.5.1.1), and honoured all the same: who can be asked, is.
  login.checks.add(new Check('recent_sign_in', 'a recent End-User authentication was asked for', ({ oidc: { params, session, result, claims } }) => {
    const asked = [...String(params!.acr_values ?? '').split(' '), ...acrValuesOf(claims)]
    return asked.includes(recentAcr) && result?.login === undefined && !isOf(session!.loginTs, recent)
  }))
  // An app whose redirect URL is certain to be its own is as good as any other.
  consent.checks.remove('native_client_prompt')
  consent.checks.add(new Check('claimable_redirect', 'the redirect URL may be claimed by another app', 'interaction_required', ({ oidc: { params, result, client } }) =>
    client!.applicationType === 'native' && isClaimable(String(params!.redirect_uri)) && result?.consent === undefined))
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 0)
  return policy

  function isOf (loginTs: number | undefined, maxAge: number): boolean {
    return loginTs !== undefined && isRecent(loginTs * 1_000, maxAge, environment)
  }
}

function acrValuesOf (claims: KoaContextWithOIDC['oidc']['claims']): readonly unknown[] {
  const { value, values } = claims?.id_token?.acr ?? {}
  return [value, ...Array.isArray(values) ? values : []]
}
