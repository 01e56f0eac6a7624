import t from 'tap'
import { authorityOf, publicCloud } from '../../src/core/authority.ts'
import { isErrorCode } from '../../src/core/errors.ts'
import { helpFor, helpWords } from '../../src/core/help.ts'
import { microsoftErrorOf, microsoftErrors } from '../../src/provider/aadsts.ts'
import { codeOf, readAuthorizationResponse } from '../../src/provider/authorization-response.ts'
import { tokenRequestRefusal } from '../../src/provider/token-response.ts'

const correlationId = '8478d534-5b2c-4325-8c2c-51395c342c89'

/** What the callback makes of an error with a number. */
function atAuthorization (number: number, error = 'invalid_request', more = `. Trace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333333 Correlation ID: ${correlationId.toUpperCase()} Timestamp: 2026-11-25 10:00:00Z`) {
  try {
    codeOf(readAuthorizationResponse({ state: 's'.repeat(43), error, error_description: `AADSTS${number}: canary${more}` }), authorityOf(publicCloud))
  } catch (refusal) {
    return refusal
  }
}

/** What the token request makes of it. */
function atToken (number: number, error = 'invalid_grant') {
  return tokenRequestRefusal({ output: { statusCode: 400 }, data: { isResponseError: true, res: { statusCode: 400 }, payload: { error, error_codes: [number], correlation_id: correlationId } } })
}

t.test('at least 35 numbers are known, each once, lowest first, and each says what it means, who must act and what to do', async (t) => {
  const numbers = microsoftErrors.map(({ number }) => number)
  t.ok(numbers.length >= 35, `${numbers.length} numbers`)
  t.same(numbers, [...new Set(numbers)].sort((a, b) => a - b))
  for (const { number, means, actor, remedy, code, help } of microsoftErrors) {
    t.ok(isErrorCode(code) && ['person', 'administrator', 'developer'].includes(actor), String(number))
    for (const sentence of [means, remedy]) t.match(sentence, /^[A-Z].{8,}\.$/, `${number}: ${sentence}`)
    if (help !== undefined) t.equal(helpFor(code, help), help, `${number}: the page can say "${help}" beside "${code}"`)
  }
})

t.test('a number has the same public code at both endpoints, whatever word comes with it, and the log is told the same', async (t) => {
  for (const { number, code, actor, help, remedy } of microsoftErrors) {
    for (const refusal of [atAuthorization(number), atToken(number)]) {
      t.match(refusal, { code, detail: { aadsts: number, actor, remedy, correlationId } }, String(number))
      t.equal((refusal as { detail: { help?: string } }).detail.help, help)
      t.notMatch(JSON.stringify(refusal), 'canary')
    }
  }
})

t.test('who must act follows from the number: the person, the administrator of their tenant, or the developer', async (t) => {
  const expected: Array<[number: number, actor: string, code: string, help?: string]> = [
    [65001, 'administrator', 'access_denied', 'admin_consent'], [90094, 'administrator', 'access_denied', 'admin_consent'],
    [50105, 'administrator', 'access_denied', 'not_assigned'],
    [53000, 'administrator', 'access_denied', 'device_or_policy'], [53003, 'administrator', 'access_denied', 'device_or_policy'],
    [50020, 'person', 'tenant_not_allowed', 'other_account'], [90072, 'person', 'tenant_not_allowed', 'other_account'],
    [50076, 'person', 'interaction_required', 'microsoft_account'], [50058, 'person', 'interaction_required'],
    [50057, 'administrator', 'access_denied', 'account_blocked'],
    [65004, 'person', 'access_denied'], [54005, 'person', 'invalid_state'], [70008, 'person', 'invalid_state'],
    [50011, 'developer', 'provider_error', 'application_setup'], [50194, 'developer', 'provider_error', 'application_setup'],
    [7000222, 'developer', 'provider_error', 'application_setup'], [9002327, 'developer', 'provider_error', 'application_setup']
  ]
  for (const [number, actor, code, help] of expected) {
    t.match(microsoftErrorOf(number), { actor, code }, String(number))
    t.equal(microsoftErrorOf(number)!.help, help, String(number))
  }
})

t.test('an unknown number leaves the word to decide, and says nothing about who must act', async (t) => {
  t.match(atAuthorization(99_999, 'access_denied'), { code: 'access_denied', detail: { aadsts: 99_999, actor: undefined, help: undefined, remedy: undefined } })
  t.match(atToken(99_999, 'consent_required'), { code: 'access_denied', detail: { actor: undefined } })
  t.equal(microsoftErrorOf(undefined), undefined)
})

t.test('a correlation id that is no GUID stays out of the log', async (t) => {
  for (const more of ['', ' Correlation ID: ada@contoso.example', ' Correlation ID: 8478d534', `${'x'.repeat(10_000)}`]) {
    t.match(atAuthorization(50105, 'access_denied', more), { detail: { correlationId: undefined } })
  }
})

t.test('a help word stands beside the codes that it fits, and beside no other', async (t) => {
  t.ok(helpWords.includes('admin_consent'))
  t.equal(helpFor('access_denied', 'admin_consent'), 'admin_consent')
  for (const [code, word] of [['email_in_use', 'admin_consent'], ['access_denied', 'toString'], ['access_denied', ['admin_consent']], ['access_denied', undefined], ['__proto__', 'admin_consent']] as const) {
    t.equal(helpFor(code, word), undefined, `${code} ${String(word)}`)
  }
})
