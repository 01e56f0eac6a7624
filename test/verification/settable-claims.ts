import fc from 'fast-check'
import type { EmailPolicy } from '../../src/verification/types.ts'

const address = fc.constantFrom(
  'victim@corp.example', 'VICTIM@corp.example', 'victim@corp.example ', 'mallory@attacker.example', 'victim_corp.example#EXT#@attacker.onmicrosoft.com',
  'mallory@attacker.onmicrosoft.com', 'victim@c\u043erp.example', 'x', ''
)
const anything = fc.oneof(
  { weight: 5, arbitrary: address }, fc.array(address, { maxLength: 3 }), fc.boolean(), fc.constantFrom<unknown>(null, 0, 1, '1', 'true', {}, [true]), fc.jsonValue({ maxDepth: 2 })
)
/** Whatever `xms_edov` can be that is not true. */
const untrue = anything.filter((value) => value !== true && value !== 'true' && value !== '1')

/** What tenants and people can set at will, and names that look as if they proved something. */
export const settable: string[] = [
  'email', 'preferred_username', 'unique_name', 'name', 'given_name', 'nickname', 'login_hint', 'email_verified', 'emailVerified', 'email_domain_owner_verified', 'edov', 'XMS_EDOV', 'xms_edov ',
  'verified', 'emails', 'mail', 'otherMails', 'proxyAddresses', 'phone_number_verified', 'roles', 'groups', '__proto__', 'constructor', 'extn.email', 'sub', 'threshold', 'canonical', 'score'
]
/** What Microsoft decides, and a person may still get into a token. */
export const restricted: string[] = ['upn', 'acct', 'idp', 'idtyp', 'verified_primary_email', 'verified_secondary_email', 'tid', 'iss']

/** Claims of those names, without a true `xms_edov`. */
export const claimsFrom = (names: string[]): fc.Arbitrary<Record<string, unknown>> => fc.tuple(
  fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 12 }), fc.option(untrue, { nil: undefined }), address
).map(([claims, edov, email]) => ({ ...claims, email: claims.email ?? email, ...(edov === undefined ? {} : { xms_edov: edov }) }))

/** All policies, without a domain that is bound to a tenant. */
export const policies: fc.Arbitrary<EmailPolicy> = fc.record({
  threshold: fc.integer({ min: 50, max: 100 }),
  emailSources: fc.constantFrom<EmailPolicy['emailSources']>(['email'], ['upn'], ['email', 'upn'], ['upn', 'email']),
  strictEdov: fc.boolean(),
  tenantDomains: fc.constant({})
})
