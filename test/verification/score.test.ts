import t from 'tap'
import { evidenceScores } from '../../src/verification/evidence.ts'
import { scoreEmail } from '../../src/verification/score.ts'
import type { EmailPolicy, Identity, ScoredEmail } from '../../src/verification/types.ts'
import { ada, contoso, mallorys } from './tokens.ts'

const standard: EmailPolicy = { threshold: 90, emailSources: ['email'], strictEdov: false, tenantDomains: {} }
const upnPreset: EmailPolicy = { ...standard, threshold: 50, emailSources: ['upn', 'email'] }
const identity: Identity = {
  tid: contoso, oid: ada, sub: 'sub', iss: `https://login.microsoftonline.com/${contoso}/v2.0`, authority: 'https://login.microsoftonline.com'
}
const email = 'ada@contoso.example'

const score = (claims: object, policy: Partial<EmailPolicy> = {}, controlled?: string, who: Partial<Identity> = {}): ScoredEmail =>
  scoreEmail(claims as Record<string, unknown>, { ...identity, ...who }, { ...standard, ...policy }, controlled === undefined ? undefined : { canonical: controlled })

/** `90 verified: domain_owner_verified upn` */
const verdict = (...given: Parameters<typeof score>): string => {
  const { score: reached, verified, evidence } = score(...given)
  return `${reached}${verified ? ' verified' : ''}: ${evidence.map(({ kind }) => kind).join(' ')}`
}

t.test('the scores are those of the table', async (t) => {
  t.same(evidenceScores, {
    mailbox_control: 100, tenant_domain: 95, domain_owner_verified: 90, verified_email_claim: 70, upn: 50, asserted: 20, denied: 0, none: 0
  })
})

t.test('each piece of evidence, alone', async (t) => {
  t.equal(verdict({ email }, {}, email), '100 verified: mailbox_control')
  t.equal(verdict({ email }, { tenantDomains: { [contoso]: ['contoso.example'] } }), '95 verified: tenant_domain')
  t.equal(verdict({ email, xms_edov: true }), '90 verified: domain_owner_verified')
  t.equal(verdict({ email, verified_primary_email: [email] }), '70: verified_email_claim')
  t.equal(verdict({ email, upn: email }), '50: upn')
  t.equal(verdict({ email }), '20: asserted')
  t.equal(verdict({ email, xms_edov: false }), '0: denied')
  t.equal(verdict({}), '0: none')
})

t.test('the best evidence gives the score, and all of it is listed, strongest first', async (t) => {
  const claims = { email, upn: email, xms_edov: true, verified_primary_email: [email] }
  const policy = { tenantDomains: { [contoso]: ['contoso.example'] } }
  t.equal(verdict(claims, policy, email), '100 verified: mailbox_control tenant_domain domain_owner_verified verified_email_claim upn')
  t.equal(verdict(claims, policy), '95 verified: tenant_domain domain_owner_verified verified_email_claim upn')
  t.equal(verdict(claims), '90 verified: domain_owner_verified verified_email_claim upn')
  const { evidence } = score(claims, policy, email)
  t.same(evidence.map(({ score }) => score), [100, 95, 90, 70, 50])
  t.equal(evidence.some(({ kind }) => kind === 'asserted'), false, 'asserted is only where there is nothing more')
})

t.test('the shapes of xms_edov: only true, "true" and "1" are true (E02)', async (t) => {
  for (const edov of [true, 'true', '1']) t.equal(verdict({ email, xms_edov: edov }), '90 verified: domain_owner_verified', JSON.stringify(edov))
  for (const edov of [
    1, 'True', 'TRUE', ' true', 'true ', 'yes', 'on', [true], ['1'], ['true'], { v: true }, {}, [], 2, -1, '0', 0, false, 'false', null, 'null', '', 'true\u0000', '01', '１'
  ]) t.equal(verdict({ email, xms_edov: edov }), '0: denied', JSON.stringify(edov))
  t.equal(verdict({ email }), '20: asserted', 'missing')
  t.equal(verdict({ email, XMS_EDOV: true }), '20: asserted', 'another name')
})

t.test('strictEdov takes only the boolean', async (t) => {
  t.equal(verdict({ email, xms_edov: true }, { strictEdov: true }), '90 verified: domain_owner_verified')
  for (const edov of ['true', '1', 1, false, null]) t.equal(verdict({ email, xms_edov: edov }, { strictEdov: true }), '0: denied', JSON.stringify(edov))
})

t.test('a denial beats everything but mailbox control', async (t) => {
  const claims = { email, upn: email, xms_edov: false, verified_primary_email: [email] }
  const policy = { tenantDomains: { [contoso]: ['contoso.example'] } }
  t.equal(verdict(claims, policy), '0: denied')
  t.equal(verdict(claims, policy, email), '100 verified: mailbox_control denied')
  t.equal(verdict({ ...claims, xms_edov: true }, policy), '95 verified: tenant_domain domain_owner_verified verified_email_claim upn', 'positive control')
})

t.test('a denial is about the address, whichever claim names it', async (t) => {
  t.equal(verdict({ email: 'ADA@contoso.example', upn: email, xms_edov: null }, upnPreset), '0: denied')
  t.equal(verdict({ email: 'ceo@bigcorp.example', upn: email, xms_edov: false }, upnPreset), '50 verified: upn', 'another address is not denied')
  t.equal(score({ email: 'ceo@bigcorp.example', upn: email, xms_edov: false }, upnPreset).address, email)
})

t.test('xms_edov vouches for the address in the email claim only (E11)', async (t) => {
  const claims = { email: 'a@x.example', xms_edov: true, upn: 'victim@corp.example' }
  t.equal(verdict(claims), '90 verified: domain_owner_verified')
  const both = score(claims, { emailSources: ['upn', 'email'] })
  t.equal(both.address, 'a@x.example')
  t.equal(both.source, 'email')
  t.equal(verdict(claims, { emailSources: ['upn'] }), '50: upn')
  t.equal(verdict({ upn: 'victim@corp.example', xms_edov: true }, { emailSources: ['upn'] }), '50: upn', 'nor for anything where there is no email claim')
  t.equal(verdict({ email: 'victim@corp.example', upn: 'victim@corp.example', xms_edov: true }, { emailSources: ['upn'] }), '90 verified: domain_owner_verified upn')
})

t.test('an address that is merely asserted is never verified (E01)', async (t) => {
  for (const threshold of [50, 70, 90, 100]) t.equal(verdict({ email: 'victim@corp.example' }, { threshold }, undefined, { tid: mallorys }), '20: asserted', String(threshold))
})

t.test('claims that people or tenants can set support nothing (E05, E10)', async (t) => {
  const victim = 'victim@corp.example'
  const claims = {
    email: victim,
    email_verified: true,
    preferred_username: victim,
    unique_name: victim,
    name: victim,
    login_hint: victim,
    nickname: victim,
    emails: [victim],
    mail: victim,
    verified: true,
    edov: true,
    xms_pl: 'en',
    otherMails: [victim],
    email_domain_verified: true
  }
  t.equal(verdict(claims, { threshold: 50 }), '20: asserted')
  const { email: _, ...others } = claims
  t.equal(verdict(others, { emailSources: ['email', 'upn'], threshold: 50 }), '0: none none', 'and none of them is an address')
})

t.test('an operator binds an exact domain to a tenant, for its members (E28)', async (t) => {
  const policy = { tenantDomains: { [contoso]: ['corp.example', 'xn--bcher-kva.example'] } }
  for (const address of ['x@corp.example', 'X@CORP.example', 'x@bücher.example', 'x@xn--bcher-kva.example']) t.equal(verdict({ email: address }, policy), '95 verified: tenant_domain', address)
  for (const address of ['x@evilcorp.example', 'x@corp.example.evil.example', 'x@sub.corp.example', 'x@example', 'x@corp.example.', 'x@corp.examples']) {
    t.notMatch(verdict({ email: address }, policy), /tenant_domain/, address)
  }
  t.equal(verdict({ email: 'x@corp.example' }, policy, undefined, { tid: mallorys }), '20: asserted', 'another tenant')
  t.equal(verdict({ email: 'x@corp.example', acct: 1 }, policy), '20: asserted', 'a guest')
  t.equal(verdict({ email: 'x@corp.example', idp: 'google.com' }, policy), '20: asserted', 'a guest')
  t.equal(verdict({ email: 'x@corp.example' }, policy, undefined, { tid: 'toString' }), '20: asserted', 'no member of an object')
  t.equal(verdict({ upn: 'x@corp.example' }, { ...policy, emailSources: ['upn'] }), '95 verified: tenant_domain upn', 'an address is bound whichever claim it is from')
})

t.test('lists of verified addresses are lists', async (t) => {
  t.equal(verdict({ email: 'Ada@Contoso.example', verified_secondary_email: ['x@y.example', email] }), '70: verified_email_claim', 'canonical forms are compared')
  t.equal(verdict({ email, verified_primary_email: [email] }, { threshold: 70 }), '70 verified: verified_email_claim')
  for (const list of [email, `mallory+${email}`, { 0: email, length: 1 }, [[email]], [{ address: email }], [null], [], null, true, ['other@contoso.example'], [`${email} `]]) {
    t.equal(verdict({ email, verified_primary_email: list, verified_secondary_email: list }), '20: asserted', JSON.stringify(list))
  }
  t.equal(verdict({ email: 'a@b.co', verified_primary_email: 'mallory+a@b.com' }), '20: asserted')
})

t.test('a upn supports its own address where a member has it, below no initial domain (E07)', async (t) => {
  const claims = { upn: email }
  t.equal(verdict(claims, upnPreset), '50 verified: upn')
  t.equal(verdict(claims, { emailSources: ['upn'] }), '50: upn', 'not verified by default')
  t.equal(verdict(claims), '0: none', 'and no source by default')
  for (const wrong of [{ acct: 1 }, { acct: '0' }, { idp: 'live.com' }, { idtyp: 'app' }]) t.equal(verdict({ ...claims, ...wrong }, upnPreset), '0: none none', JSON.stringify(wrong))
  for (const domain of ['contoso.onmicrosoft.com', 'onmicrosoft.com', 'CONTOSO.OnMicrosoft.com', 'a.b.onmicrosoft.com', 'contoso.onmicrosoft.us', 'contoso.partner.onmschina.cn']) {
    t.equal(verdict({ upn: `ada@${domain}` }, upnPreset), '0: none none', domain)
  }
  t.equal(verdict({ upn: 'ada@notonmicrosoft.com' }, upnPreset), '50 verified: upn')
  t.equal(verdict({ upn: 'ada@onmicrosoft.com.contoso.example' }, upnPreset), '50 verified: upn')
  t.equal(verdict({ email: 'ada@contoso.onmicrosoft.com', upn: 'ada@contoso.onmicrosoft.com', xms_edov: true }, upnPreset), '90 verified: domain_owner_verified', 'other evidence may speak for such an address')
})

t.test('the upn of a guest is never decoded, and never an address (E08)', async (t) => {
  for (const upn of ['victim_corp.example#EXT#@attacker.example', 'victim_corp.example_EXT_@attacker.example', 'victim_corp.example#ext#@attacker.onmicrosoft.com']) {
    const scored = score({ upn, verified_primary_email: [upn] }, upnPreset, 'victim@corp.example')
    t.equal(scored.address, null, upn)
    t.match(scored.evidence[0]!.sentence, /guest/)
  }
  t.equal(verdict({ email: 'bob@fabrikam.example', upn: 'bob_fabrikam.example#EXT#@contoso.onmicrosoft.com', acct: 1 }, upnPreset), '20: asserted')
})

t.test('a code proves the address that it was mailed to, and no other', async (t) => {
  t.equal(verdict({ email }, {}, 'other@contoso.example'), '20: asserted')
  t.equal(verdict({ email: 'ADA@contoso.example' }, {}, email), '100 verified: mailbox_control')
  t.equal(verdict({ upn: 'ada@contoso.onmicrosoft.com' }, { emailSources: ['upn'] }, 'ada@contoso.onmicrosoft.com'), '100 verified: mailbox_control')
  t.equal(verdict({ email: 'no address' }, {}, email), '0: none')
})

t.test('the first source over the threshold is used, else the one with the highest score', async (t) => {
  const two = { email: 'a@x.example', upn: 'b@y.example' }
  const addressOf = (claims: object, policy: Partial<EmailPolicy>): string | null => score(claims, policy).address
  t.equal(addressOf({ ...two, xms_edov: true }, upnPreset), 'b@y.example', 'upn first, 50 is enough')
  t.equal(addressOf({ ...two, xms_edov: true }, { emailSources: ['upn', 'email'] }), 'a@x.example', '50 is not enough for 90')
  t.equal(addressOf({ ...two, xms_edov: true }, { emailSources: ['email', 'upn'], threshold: 50 }), 'a@x.example')
  t.equal(addressOf(two, { emailSources: ['email', 'upn'] }), 'b@y.example', '50 is more than 20')
  t.equal(addressOf({ ...two, xms_edov: false }, { emailSources: ['email', 'upn'] }), 'b@y.example')
  t.equal(addressOf({ email: 'a@x.example', upn: 'not an address', xms_edov: false }, { emailSources: ['upn', 'email'] }), 'a@x.example', 'a denied address is one')
  const tie = { email: 'a@x.example', upn: 'b@y.example', verified_primary_email: ['a@x.example', 'b@y.example'] }
  t.equal(addressOf(tie, { emailSources: ['email', 'upn'] }), 'a@x.example')
  t.equal(addressOf(tie, { emailSources: ['upn', 'email'] }), 'b@y.example')
  t.equal(score({ email: 'ADA@contoso.example', upn: email }, { emailSources: ['upn', 'email'] }).source, 'upn')
})

t.test('an address that breaks a rule counts as absent, with the reason; nothing is thrown (E04, E17, E19)', async (t) => {
  for (const address of [['victim@corp.example'], { toString: () => 'victim@corp.example' }, 5, true, null, '', 'victim@corp.example, me@evil.example', 'a\u200bda@corp.example', 'ada@localhost', `${'a'.repeat(300)}@corp.example`]) {
    const scored = score({ email: address, xms_edov: true, verified_primary_email: [address], upn: 'other@corp.example' })
    t.same({ ...scored, evidence: null }, { address: null, canonical: null, source: null, score: 0, verified: false, evidence: null }, JSON.stringify(address))
    t.same(scored.evidence.map(({ kind }) => kind), ['none'])
    t.match(scored.evidence[0]!.sentence, /^No address can be used from the claim email: it [a-z]/)
  }
  t.match(score({}).evidence[0]!.sentence, /is not in the token/)
  t.match(score({ email: 'ada@localhost' }).evidence[0]!.sentence, /two proper labels/)
  t.match(score({ upn: 'ada@contoso.onmicrosoft.com' }, { emailSources: ['upn'] }).evidence[0]!.sentence, /not known to be an address/)
})

t.test('sentences are for people and hold no address', async (t) => {
  const sentences = [
    score({ email, upn: email, xms_edov: true, verified_primary_email: [email] }, { tenantDomains: { [contoso]: ['contoso.example'] } }, email),
    score({ email }), score({ email, xms_edov: false }), score({ email: 'ada@x@contoso.example' }), score({}, { emailSources: ['email', 'upn'] })
  ].flatMap(({ evidence }) => evidence.map(({ sentence }) => sentence))
  t.equal(new Set(sentences).size, sentences.length, 'each says something else')
  for (const sentence of sentences) {
    t.match(sentence, /^[A-Z].{40,}\.$/)
    t.notMatch(sentence, /contoso|ada/)
  }
})

t.test('inherited properties are no claims (T38)', async (t) => {
  t.equal(verdict(Object.create({ email, xms_edov: true })), '0: none')
  t.equal(verdict(Object.assign(Object.create({ xms_edov: true, verified_primary_email: [email], upn: email }), { email })), '20: asserted')
  t.equal(verdict(JSON.parse(`{"email":"${email}","__proto__":{"xms_edov":true}}`)), '20: asserted')
})

t.test('what is given can be kept and shown: frozen, and plain enough for JSON', async (t) => {
  for (const scored of [score({ email, xms_edov: true }), score({ email, xms_edov: false }), score({})]) {
    t.ok(Object.isFrozen(scored))
    t.ok(Object.isFrozen(scored.evidence))
    for (const evidence of scored.evidence) t.ok(Object.isFrozen(evidence))
    t.same(JSON.parse(JSON.stringify(scored)), scored)
  }
  t.equal(score({ email: 'ADA@CONTOSO.example', xms_edov: true }).address, 'ADA@CONTOSO.example', 'as it was given')
})
