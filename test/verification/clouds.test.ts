import t from 'tap'
import { authorityOf, publicCloud } from '../../src/core/authority.ts'
import { staticKeySet } from '../../src/verification/signing-keys.ts'
import { tenantRuleOf } from '../../src/verification/tenant.ts'
import { type Expected, verifyIdToken } from '../../src/verification/token.ts'
import { claimsOf, contoso, expectedOf, keySetOf, makeKey, mallorys, refusalOf, seconds, signIdToken } from './tokens.ts'

const external = 'https://contoso.ciamlogin.com'
const externalIssuer = `https://${contoso}.ciamlogin.com/${contoso}/v2.0`
const template = 'https://{tenantid}.ciamlogin.com/{tenantid}/v2.0'
const clouds: Record<string, string> = {
  [publicCloud]: 'microsoftonline.com',
  'https://login.microsoftonline.us': 'microsoftonline.us',
  'https://login.partner.microsoftonline.cn': 'partner.microsoftonline.cn'
}

/** The outcome of a token with this issuer, signed by a key with another one or the same. */
async function outcomeOf (iss: unknown, keyIssuer: string, expected: Partial<Expected>, members: Record<string, unknown> = {}, tid: string = contoso): Promise<string> {
  const key = makeKey('key', { issuer: keyIssuer, ...members })
  const token = signIdToken(claimsOf({ tid, iss }), key)
  return await refusalOf(verifyIdToken(token, expectedOf([key], { keys: staticKeySet(keySetOf(key)), ...expected })))
}

t.test('a token of one cloud is refused at each other (T14, T18)', async (t) => {
  for (const [home, homeName] of Object.entries(clouds)) {
    for (const [base, name] of Object.entries(clouds)) {
      const expected = { authority: authorityOf(base) }
      const own = `${home}/${contoso}/v2.0`
      if (home === base) {
        t.equal(await outcomeOf(own, `${home}/{tenantid}/v2.0`, expected, { cloud_instance_name: homeName }), 'holds', home)
        continue
      }
      t.equal(await outcomeOf(own, `${home}/{tenantid}/v2.0`, expected), 'invalid_token iss', `${home} at ${base}`)
      // As Microsoft's public key set has had them: keys of another cloud beside its own.
      const ours = `${base}/${contoso}/v2.0`
      t.equal(await outcomeOf(ours, `${base}/{tenantid}/v2.0`, expected, { cloud_instance_name: homeName }), 'invalid_token key_cloud_instance', `a key of ${homeName} at ${name}`)
      t.equal(await outcomeOf(ours, `${home}/{tenantid}/v2.0`, expected), 'invalid_token key_issuer')
    }
  }
})

t.test('a token of External ID names its tenant twice, and the tenant is the one that was configured', async (t) => {
  const expected = { authority: authorityOf(external), tenant: tenantRuleOf(contoso) }
  t.equal(await outcomeOf(externalIssuer, externalIssuer, expected), 'holds')
  t.equal(await outcomeOf(externalIssuer, template, expected, { cloud_instance_name: 'microsoftonline.com' }), 'holds', 'a key for each tenant')
  for (const iss of [
    `https://contoso.ciamlogin.com/${contoso}/v2.0`, `https://${contoso}.ciamlogin.com/${mallorys}/v2.0`, `https://${mallorys}.ciamlogin.com/${contoso}/v2.0`,
    `https://${mallorys}.ciamlogin.com/${mallorys}/v2.0`, `http://${contoso}.ciamlogin.com/${contoso}/v2.0`, `${externalIssuer}/`, externalIssuer.replace('/v2.0', ''),
    externalIssuer.replace('.com/', '.com.evil.example/'), externalIssuer.replace('.com/', '.com@evil.example/'), externalIssuer.replace('.com/', '.com:444/'),
    externalIssuer.replace('ciamlogin.com', 'CIAMLOGIN.COM'), `https://x.${contoso}.ciamlogin.com/${contoso}/v2.0`, template, `${publicCloud}/${contoso}/v2.0`, [externalIssuer]
  ]) t.equal(await outcomeOf(iss, externalIssuer, expected), 'invalid_token iss', String(iss))
})

t.test('a token of another external tenant is refused, though it is whole (T20)', async (t) => {
  const expected = { authority: authorityOf(external), tenant: tenantRuleOf(contoso) }
  const theirs = `https://${mallorys}.ciamlogin.com/${mallorys}/v2.0`
  t.equal(await outcomeOf(theirs, theirs, expected, {}, mallorys), 'tenant_not_allowed tenant')
  t.equal(await outcomeOf(theirs, template, expected, {}, mallorys), 'tenant_not_allowed tenant')
})

t.test('a key of External ID signs only for the tenant that it names (T13)', async (t) => {
  const expected = { authority: authorityOf(external), tenant: tenantRuleOf(contoso) }
  for (const issuer of [
    `https://${mallorys}.ciamlogin.com/${mallorys}/v2.0`, `https://contoso.ciamlogin.com/${contoso}/v2.0`, 'https://{tenantid}.ciamlogin.com/{tenantId}/v2.0', `https://{tenantid}.ciamlogin.com/${mallorys}/v2.0`,
    `${publicCloud}/{tenantid}/v2.0`, `${publicCloud}/${contoso}/v2.0`
  ]) t.equal(await outcomeOf(externalIssuer, issuer, expected), 'invalid_token key_issuer', issuer)
})

t.test('at a custom domain the issuer is the one that was configured, and no other', async (t) => {
  const expected = { authority: authorityOf('https://login.contoso.example', externalIssuer), tenant: tenantRuleOf(contoso) }
  t.equal(await outcomeOf(externalIssuer, externalIssuer, expected), 'holds')
  t.equal(await outcomeOf(externalIssuer, template, expected), 'holds')
  t.equal(await outcomeOf(`https://login.contoso.example/${contoso}/v2.0`, externalIssuer, expected), 'invalid_token iss')
  t.equal(await outcomeOf(externalIssuer, externalIssuer, expected, {}, mallorys), 'tenant_not_allowed tenant', 'a tid that the issuer does not name')
  t.equal(await outcomeOf(externalIssuer, template, expected, {}, mallorys), 'invalid_token key_issuer')
})

t.test('where it was asked for, the person has just shown who they are, and the token says so', async (t) => {
  const key = makeKey('key')
  const outcome = async (claims: Record<string, unknown>, authenticatedSince?: number) =>
    await refusalOf(verifyIdToken(signIdToken(claimsOf(claims), key), expectedOf([key], { authenticatedSince })))
  t.equal(await outcome({}), 'holds')
  t.equal(await outcome({ auth_time: 1 }), 'holds', 'nobody asked')
  t.equal(await outcome({ auth_time: seconds - 600 }, seconds - 600), 'holds')
  t.equal(await outcome({ auth_time: seconds - 660 }, seconds - 600), 'holds', 'within the skew of clocks')
  t.equal(await outcome({ auth_time: seconds - 661 }, seconds - 600), 'reauth_required auth_time_too_old')
  t.equal(await outcome({ auth_time: seconds + 60 }, seconds), 'holds')
  t.equal(await outcome({ auth_time: seconds + 61 }, seconds), 'reauth_required auth_time_future')
  for (const authTime of [undefined, null, String(seconds), seconds + 0.5, -1, 0, [seconds], seconds * 1e12]) {
    t.equal(await outcome({ auth_time: authTime }, seconds - 600), 'reauth_required auth_time_missing', String(authTime))
  }
  await t.rejects(verifyIdToken(signIdToken(claimsOf({}), key), expectedOf([key], { authenticatedSince: 0 })), { code: 'reauth_required', statusCode: 403, detail: { remedy: /optional claim "auth_time"/ } })
})
