import type { Test } from 'tap'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import { gatherFacts } from '../../plugins/diagnosis/facts.ts'
import { diagnose } from '../../src/diagnosis/diagnose.ts'
import { readManifest } from '../../src/diagnosis/manifest.ts'
import type { Facts, Finding } from '../../src/diagnosis/types.ts'
import { personalTenant } from '../../src/core/personal-tenant.ts'
import { httpsApp, type TestApp } from '../plugins/app.ts'

type Setting = NonNullable<Parameters<typeof httpsApp>[2]>

/** How a set-up is wrong: what the application is given, and what its registration says. */
export interface SetUp {
  readonly options?: Partial<EntraOptions>
  readonly setting?: Setting
  /** Who signs in first, so that a token has arrived; nobody where it is left out. */
  readonly account?: string
  /** Whether the manifest of the registration is at hand, or what it is in its place. */
  readonly manifest?: true | ((manifest: Readonly<Record<string, unknown>>) => unknown)
  readonly before?: (test: TestApp) => unknown
}

/** A registration as it should be. */
export const rightRegistration: NonNullable<Setting['simulator']> = {
  redirectUris: ['https://app.example/auth/microsoft/callback'],
  acceptMappedClaims: false,
  removeUnverifiedEmailClaim: true,
  frontChannelLogoutUrl: 'https://app.example/auth/microsoft/front-channel-logout'
}

/** The facts of a set-up. */
export async function factsOf (t: Pick<Test, 'teardown'>, { options, setting, account, manifest, before }: SetUp): Promise<Facts> {
  const test = await httpsApp(t, options, { ...setting, simulator: { ...rightRegistration, ...setting?.simulator } })
  const token = account === undefined ? null : await tokenOf(test, account)
  await before?.(test)
  const given = manifest === true ? test.simulator.manifest : manifest?.(test.simulator.manifest)
  return await gatherFacts(test.app, { token, manifest: given === undefined ? null : readManifest(given), requestHost: null })
}

/** What is found wrong with a set-up. */
export async function findingsOf (t: Pick<Test, 'teardown'>, setUp: SetUp): Promise<readonly Finding[]> {
  return diagnose(await factsOf(t, setUp))
}

async function tokenOf ({ app, simulator }: TestApp, account: string): Promise<Facts['token']> {
  let claims: Record<string, unknown> = {}
  simulator.setTokenResponseHook((response) => {
    claims = JSON.parse(Buffer.from(String(response.id_token).split('.')[1]!, 'base64url').toString())
    return response
  })
  await simulator.signIn(app, account)
  return { claims, isPersonal: claims.tid === personalTenant, refusal: null }
}
