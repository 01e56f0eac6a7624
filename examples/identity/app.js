// Authorization code with PKCE, by what browsers have. Tokens stay in this page: they are gone when it is closed.
const clientId = 'single-page-app'
const redirectUrl = `${globalThis.location.origin}/`
const provider = await (await fetch(`${document.documentElement.dataset.issuer}/.well-known/openid-configuration`)).json()
let tokens = null

const element = (id) => document.getElementById(id)
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

function show (text, isSignedIn) {
  element('state').textContent = text
  element('sign-in').hidden = isSignedIn
  element('look').hidden = !isSignedIn
  element('sign-out').hidden = !isSignedIn
}

async function signIn () {
  const [verifier, state] = [random(), random()]
  sessionStorage.setItem('pending', JSON.stringify({ verifier, state }))
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)))
  globalThis.location.assign(`${provider.authorization_endpoint}?${new URLSearchParams({
    client_id: clientId, response_type: 'code', redirect_uri: redirectUrl, scope: 'openid profile email email_trust', state, code_challenge: challenge, code_challenge_method: 'S256'
  })}`)
}

async function finish (answer) {
  const { verifier, state } = JSON.parse(sessionStorage.getItem('pending') ?? '{}')
  sessionStorage.removeItem('pending')
  globalThis.history.replaceState(null, '', '/')
  if (answer.get('error') !== null) return show(`Not signed in: ${answer.get('error')}`, false)
  if (answer.get('state') !== state || answer.get('iss') !== provider.issuer) return show('That answer was not for this page.', false)
  const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: clientId, code: answer.get('code'), redirect_uri: redirectUrl, code_verifier: verifier })
  const response = await fetch(provider.token_endpoint, { method: 'POST', body })
  if (!response.ok) return show('The sign-in could not be finished.', false)
  tokens = await response.json()
  await look()
}

/** Asks the provider who it is, and so whether the session is still there. */
async function look () {
  const response = await fetch(provider.userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } })
  if (!response.ok) return show('You were signed out.', false)
  const { name, email, email_verified: isVerified, email_score: score } = await response.json()
  show(`Hello, ${name}. ${email} is ${isVerified ? 'proven to be yours' : 'not proven to be yours'} (${score} of 100).`, true)
}

function signOut () {
  globalThis.location.assign(`${provider.end_session_endpoint}?${new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: redirectUrl })}`)
}

element('sign-in').addEventListener('click', signIn)
element('look').addEventListener('click', look)
element('sign-out').addEventListener('click', signOut)
const answer = new URLSearchParams(globalThis.location.search)
if (answer.has('state')) await finish(answer)
else show('You are not signed in here.', false)
