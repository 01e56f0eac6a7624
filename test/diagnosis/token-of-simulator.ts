import type { Test } from 'tap'
import type { SimulatorKitOptions } from '../../plugins/simulator.ts'
import { httpsApp } from '../plugins/app.ts'

/** The manifest of a registration, and an ID token that it gave somebody. */
export async function tokenOfSimulator (t: Pick<Test, 'teardown'>, simulator: SimulatorKitOptions, account = 'dora'): Promise<{ manifest: unknown, token: string }> {
  const test = await httpsApp(t, {}, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], ...simulator } })
  let token = ''
  test.simulator.setTokenResponseHook((response) => {
    token = String(response.id_token)
    return response
  })
  await test.simulator.signIn(test.app, account)
  return { manifest: { ...test.simulator.manifest, web: { ...test.simulator.manifest.web as object, logoutUrl: 'https://app.example/auth/microsoft/front-channel-logout' } }, token }
}
