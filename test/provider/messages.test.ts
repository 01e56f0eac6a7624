import t from 'tap'
import { authorityOf, publicCloud } from '../../src/core/authority.ts'
import { parametersOf, readHints } from '../../src/provider/authorization-request.ts'
import { codeOf, readAuthorizationResponse } from '../../src/provider/authorization-response.ts'
import { readRefreshResponse, readTokenResponse, tokenRequestRefusal } from '../../src/provider/token-response.ts'

const state = 's'.repeat(43)
const authority = authorityOf(publicCloud)
const tid = '5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10'
const allowed = { scopes: ['openid', 'profile', 'email'], allowedScopes: ['Mail.Read', 'https://graph.microsoft.com/Files.Read'], uiLocales: ['de', 'pt-BR', 'es-419'] }

t.test('a link may give hints, and nothing else of the request', async (t) => {
  t.same(readHints({}, allowed), {})
  t.same(readHints({ login_hint: 'x'.repeat(1_024) }, allowed), { login_hint: 'x'.repeat(1_024) }, 'a claim login_hint is long')
  t.same(readHints({ login_hint: 'ada@contoso.example', domain_hint: 'contoso.example', prompt: 'login', provider: 'MicrosoftOAuth' }, allowed),
    { login_hint: 'ada@contoso.example', domain_hint: 'contoso.example', prompt: 'login' })
  t.same(readHints({
    client_id: 'x', redirect_uri: 'x', response_type: 'token', response_mode: 'fragment', state: 'x', nonce: 'x', scope: 'Mail.ReadWrite offline_access', return_to: '/x'
  }, allowed), {}, 'O13, O14')
})

t.test('a hint that comes twice, is too long or is none is refused', async (t) => {
  for (const query of [
    { login_hint: ['a', 'b'] }, { login_hint: '' }, { login_hint: 'a b' }, { login_hint: 'x'.repeat(1_025) }, { login_hint: 'ä@x' }, { login_hint: { a: 1 } },
    { domain_hint: 'a b' }, { domain_hint: '.a' }, { domain_hint: '' }, { prompt: 'none login' }, { prompt: '' }, { prompt: ['none'] }, { provider: 'GoogleOAuth' }
  ]) t.throws(() => readHints(query, allowed), { code: 'invalid_request' }, JSON.stringify(query))
})

t.test('a link may say how long ago the person may have shown who they are, in whole seconds', async (t) => {
  for (const given of [0, 600, 99_999_999]) t.same(readHints({ max_age: String(given) }, allowed), { max_age: given })
  for (const given of ['', '-1', '+1', '1.5', '1e3', ' 1', '0x1', '١', '100000000', 'Infinity', ['0'], 600]) {
    t.throws(() => readHints({ max_age: given }, allowed), { code: 'invalid_request', detail: { reason: 'malformed_max_age' } }, String(given))
  }
})

t.test('a link may ask for scopes that the options list, by space or comma, and for no others (O14)', async (t) => {
  const scopesOf = (given: unknown) => readHints({ provider_scopes: given }, allowed).provider_scopes
  t.same(scopesOf('Mail.Read'), ['Mail.Read'])
  t.same(scopesOf(' Mail.Read,https://graph.microsoft.com/Files.Read Mail.Read openid '), ['Mail.Read', 'https://graph.microsoft.com/Files.Read'])
  t.same(scopesOf('mail.read'), ['mail.read'], 'Microsoft folds their letter case')
  t.equal(scopesOf('openid email'), undefined, 'these are asked for in any case')
  for (const given of ['Mail.ReadWrite', 'Mail.Read Mail.ReadWrite', 'Mail', 'Mail.Read\u0000', 'offline_access', '__proto__', 'Mail.Read%20Mail.Send', 'Mail.Read+Mail.Send']) {
    t.throws(() => scopesOf(given), { code: 'invalid_request', detail: { reason: 'unlisted_provider_scopes', remedy: /allowedScopes/ } }, given)
  }
  for (const given of ['', ' ', ',', 'Mail.Read '.repeat(21), `Mail.Read${' '.repeat(1_024)}`, ['Mail.Read'], { 0: 'Mail.Read' }]) {
    t.throws(() => scopesOf(given), { code: 'invalid_request', detail: { reason: 'malformed_provider_scopes' } }, String(given))
  }
})

t.test('a link may ask for languages that the options list, in the spelling of the option', async (t) => {
  const languagesOf = (given: unknown) => readHints({ ui_locales: given }, allowed).ui_locales
  t.equal(languagesOf('de'), 'de')
  t.equal(languagesOf('PT-br  DE de es-419'), 'pt-BR de es-419')
  for (const given of ['fr', 'de fr', 'de-AT', 'de\n', 'pt_BR', 'de&prompt=none']) {
    t.throws(() => languagesOf(given), { code: 'invalid_request', detail: { reason: 'unlisted_ui_locales', remedy: /uiLocales/ } }, given)
  }
  for (const given of ['', ' ', 'de '.repeat(6), ['de']]) {
    t.throws(() => languagesOf(given), { code: 'invalid_request', detail: { reason: 'malformed_ui_locales' } }, String(given))
  }
})

t.test('hints become parameters, but for scopes, which are one parameter with those of the options', async (t) => {
  t.same(parametersOf({ login_hint: 'ada', max_age: 0, ui_locales: 'de', provider_scopes: ['Mail.Read'] }), { login_hint: 'ada', max_age: '0', ui_locales: 'de' })
  t.same(parametersOf({}), {})
})

t.test('an answer names the attempt by its state', async (t) => {
  t.same(readAuthorizationResponse({ state, code: 'c', session_state: 'x' }), { state, code: 'c', error: null, errorDescription: null, issuer: null })
  for (const query of [{ code: 'x' }, { code: 'x', state: '' }, { code: 'x', state: 'unknown' }, { code: 'x', state: 'x'.repeat(10_240) }, { code: 'x', state: `${state.slice(1)}+` }]) {
    t.throws(() => readAuthorizationResponse(query), { code: 'invalid_state' }, 'O01')
  }
})

t.test('a parameter that comes twice, and a code beside an error, are refused', async (t) => {
  for (const query of [
    { state, code: ['a', 'b'] }, { state: [state, state], code: 'a' }, { state, code: 'a', iss: ['x', 'x'] }, { state, error: ['a', 'b'] },
    { state, error: 'a', error_description: ['x', 'y'] }, { state, code: 'a', error: 'access_denied' }, { state: { x: 1 }, code: 'a' }
  ]) t.throws(() => readAuthorizationResponse(query), { code: 'invalid_request' }, `O17 ${JSON.stringify(query)}`)
})

t.test('an error of Microsoft\'s has its meaning, its number goes to the log, its words go nowhere', async (t) => {
  const rows: Array<[error: string, code: string]> = [
    ['access_denied', 'access_denied'], ['consent_required', 'access_denied'], ['interaction_required', 'interaction_required'], ['login_required', 'interaction_required'],
    ['account_selection_required', 'interaction_required'], ['temporarily_unavailable', 'provider_unavailable'], ['server_error', 'provider_unavailable'],
    ['invalid_request', 'provider_error'], ['<script>', 'provider_error'], ['toString', 'provider_error'], ['', 'provider_error']
  ]
  for (const [error, code] of rows) {
    const response = readAuthorizationResponse({ state, error, error_description: 'AADSTS99999: Words. ada@contoso.example' })
    try {
      codeOf(response, authority)
      t.fail('must be refused')
    } catch (refusal) {
      t.match(refusal, { code, detail: { aadsts: 99999, actor: undefined, help: undefined, remedy: undefined } })
      t.notMatch(JSON.stringify(refusal), /script|contoso|Words/)
    }
  }
  t.throws(() => codeOf(readAuthorizationResponse({ state, error: 'access_denied' }), authority), { code: 'access_denied' }, 'without a number as well')
})

t.test('a foreign issuer in the answer is refused before the code is used', async (t) => {
  const codeWith = (iss?: string) => codeOf(readAuthorizationResponse({ state, code: 'c', ...(iss === undefined ? {} : { iss }) }), authority)
  t.equal(codeWith(), 'c')
  t.equal(codeWith(`https://login.microsoftonline.com/${tid}/v2.0`), 'c')
  for (const iss of ['https://evil.example', `https://evil.example/${tid}/v2.0`, `https://login.microsoftonline.com/${tid}/v2.0/`, 'https://login.microsoftonline.com/common/v2.0', '']) {
    t.throws(() => codeWith(iss), { code: 'invalid_token', detail: { reason: 'authorization_response_iss' } }, `O23 ${iss}`)
  }
})

t.test('an answer without a code that could be one is refused', async (t) => {
  for (const query of [{}, { code: '' }, { code: 'a b' }, { code: 'x'.repeat(4_097) }, { code: 'a\u0000' }, { id_token: 'x' }, { access_token: 'x' }]) {
    t.throws(() => codeOf(readAuthorizationResponse({ state, ...query }), authority), { code: 'invalid_request' }, JSON.stringify(query).slice(0, 40))
  }
})

t.test('a token answer is read strictly', async (t) => {
  const good = { id_token: 'i', access_token: 'a', token_type: 'Bearer' }
  t.same(readTokenResponse(good), { idToken: 'i', accessToken: 'a' })
  t.same(readTokenResponse({ ...good, token_type: 'bearer', refresh_token: 'r', expires_in: 3599, scope: 'openid' }),
    { idToken: 'i', accessToken: 'a', refreshToken: 'r', expiresIn: 3599, scope: 'openid' })
  for (const expires of [-1, 'x', Infinity, 0, null]) t.equal(readTokenResponse({ ...good, expires_in: expires }).expiresIn, undefined)
  for (const [answer, reason] of [
    [{ ...good, id_token: undefined }, 'no_id_token'], [{ ...good, id_token: 5 }, 'no_id_token'], [{ ...good, id_token: '' }, 'no_id_token'],
    [{ ...good, access_token: undefined }, 'no_access_token'], [{ ...good, token_type: 'mac' }, 'token_type'], [{ ...good, token_type: undefined }, 'token_type'],
    [{ error: 'x' }, 'no_id_token'], [null, 'no_id_token'], ['x', 'no_id_token'], [[], 'no_id_token']
  ] as const) t.throws(() => readTokenResponse(answer), { code: 'provider_error', detail: { reason } }, `D07 ${reason}`)
})

function answered (status: number, payload: unknown, headers = {}) {
  return { output: { statusCode: status }, message: 'Response Error', data: { isResponseError: true, payload, res: { statusCode: status, headers } } }
}

t.test('the answer to a refresh token needs no ID token, and one that comes is left alone', async (t) => {
  const good = { access_token: 'a', token_type: 'Bearer', expires_in: 3599, scope: 'User.Read' }
  t.same(readRefreshResponse(good), { accessToken: 'a', expiresIn: 3599, scope: 'User.Read' })
  t.equal(readRefreshResponse({ ...good, id_token: 'i' }).idToken, 'i')
  t.equal(readRefreshResponse({ ...good, refresh_token: 'r' }).refreshToken, 'r')
  for (const answer of [{ ...good, access_token: '' }, { ...good, token_type: 'pop' }, {}, null, '<html>']) t.throws(() => readRefreshResponse(answer), { code: 'provider_error' }, `D07 ${JSON.stringify(answer)}`)
})

t.test('a failed token request has the meaning that Microsoft gives it', async (t) => {
  const correlation = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
  t.match(tokenRequestRefusal(answered(400, { error: 'invalid_grant', error_codes: [70008], correlation_id: correlation, error_description: 'secret words' })),
    { code: 'invalid_state', detail: { reason: 'token_invalid_grant', aadsts: 70008, correlationId: correlation } })
  t.match(tokenRequestRefusal(answered(401, { error: 'invalid_client', error_codes: [7000215] })), { code: 'provider_error', detail: { reason: 'token_invalid_client', aadsts: 7000215 } })
  t.match(tokenRequestRefusal(answered(400, { error: 'interaction_required' })), { code: 'interaction_required' })
  t.match(tokenRequestRefusal(answered(400, { error: 'consent_required' })), { code: 'access_denied' })
  t.match(tokenRequestRefusal(answered(400, { error: 'temporarily_unavailable' })), { code: 'provider_unavailable' })
  t.match(tokenRequestRefusal(answered(400, { error: 'Bad "words"', error_codes: ['x'], correlation_id: 'ada@contoso.example' })),
    { code: 'provider_error', detail: { reason: 'token_unknown', aadsts: undefined, correlationId: undefined } })
  t.match(tokenRequestRefusal(answered(400, 'text')), { code: 'provider_error' })
})

t.test('the log says what to do about the numbers that are met first', async (t) => {
  t.match(tokenRequestRefusal(answered(401, { error: 'invalid_client', error_codes: [7000222] })).detail.remedy, 'has expired')
  t.match(tokenRequestRefusal(answered(400, { error: 'invalid_request', error_codes: [9002327] })).detail.remedy, 'move it to Web')
  t.equal(tokenRequestRefusal(answered(400, { error: 'invalid_grant', error_codes: [99999] })).detail.remedy, undefined)
  const response = readAuthorizationResponse({ state, error: 'invalid_request', error_description: 'AADSTS50194: Application is not multi-tenant' })
  t.throws(() => codeOf(response, authority), { code: 'provider_error', detail: { aadsts: 50194, remedy: /"tenant"/ } })
})

t.test('a busy or broken Microsoft is unavailable, whatever it says, and Retry-After is kept within an hour', async (t) => {
  for (const status of [429, 500, 502, 503, 504]) t.match(tokenRequestRefusal(answered(status, { error: 'invalid_grant' })), { code: 'provider_unavailable', detail: { reason: `token_status_${status}` } })
  t.equal(tokenRequestRefusal(answered(429, {}, { 'retry-after': '17' })).detail.retryAfter, 17)
  t.equal(tokenRequestRefusal(answered(503, {}, { 'retry-after': '999999' })).detail.retryAfter, 3_600)
  for (const value of ['soon', '-1', 'Wed, 21 Oct 2015 07:28:00 GMT', '99999999999', undefined]) t.equal(tokenRequestRefusal(answered(429, {}, { 'retry-after': value })).detail.retryAfter, undefined)
  t.match(tokenRequestRefusal({ output: { statusCode: 406 }, message: 'The content-type is not JSON compatible', data: { res: { statusCode: 503, headers: {} } } }), { code: 'provider_unavailable' })
})

t.test('no answer, a broken one and a late one are told apart', async (t) => {
  t.match(tokenRequestRefusal({ output: { statusCode: 502 }, message: 'Client request error: connect ECONNREFUSED', data: {} }), { code: 'provider_unavailable', detail: { reason: 'token_connection' } })
  t.match(tokenRequestRefusal({ output: { statusCode: 500 }, message: 'Payload stream closed prematurely', data: { res: { statusCode: 200 } } }), { code: 'provider_unavailable' })
  t.match(tokenRequestRefusal({ output: { statusCode: 413 }, message: 'Payload content length greater than maximum allowed: 1048576', data: { res: { statusCode: 200 } } }), { code: 'provider_error', detail: { reason: 'token_answer_unreadable' } })
  for (const odd of [new TypeError('x'), null, undefined, 'x', { message: 5 }]) t.match(tokenRequestRefusal(odd), { code: 'provider_error' })
})

t.test('nothing of the failed request gets into the refusal', async (t) => {
  const failure = Object.assign(new Error('Client request error'), {
    output: { statusCode: 502 },
    data: { res: { req: { body: 'client_secret=hush&code=hush' } }, payload: 'hush' }
  })
  const refusal = tokenRequestRefusal(failure)
  t.notMatch(JSON.stringify(refusal) + String(refusal.stack), 'hush')
  t.equal(refusal.cause, undefined)
})
