import type { Parameters } from './parameters.ts'
import type { Account } from './types.ts'

/**
 * What Microsoft's own libraries ask for with `client_info=1`, and file their
 * accounts under: whose home account it is, beside what the tokens say.
 * Microsoft documents it nowhere else than in the code of MSAL.
 *
 * A guest's would be those of the home tenant, which the simulator does not
 * know: a guest is whoever the tenant says.
 */
export function clientInfoAsked (parameters: Parameters, { tid, oid }: Pick<Account, 'tid' | 'oid'>): { client_info?: string } {
  if (parameters.get('client_info') !== '1') return {}
  return { client_info: Buffer.from(JSON.stringify({ uid: oid, utid: tid })).toString('base64url') }
}
