// All there is to do in the browser: ask who is signed in, show it, and send what the person wants.
const { api } = document.documentElement.dataset
const find = (id) => document.getElementById(id)
const show = (id) => { find(id).hidden = false }
const say = (text) => { find('message').textContent = text }

// Codes are for programs, texts for people: a front end has its own, in its own languages.
const texts = {
  access_denied: 'You have cancelled the sign-in.',
  email_in_use: 'Another account has this address. Sign in the way you did before.',
  otp_invalid: 'The code is not right.',
  reauth_required: 'Sign in again first: this needs a recent sign-in.'
}
const textOf = (code) => texts[code] ?? `That did not work (${code}).`

/** Asks the server, with the cookies of whoever sits here. */
async function ask (path, body) {
  const answer = await fetch(api + path, {
    credentials: 'include',
    method: body === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body)
  })
  const result = answer.status === 204 ? null : await answer.json()
  if (!answer.ok) throw Object.assign(new Error(result.message), { code: result.code })
  return result
}

/** Does what a button is for, and says what went wrong. */
async function attempt (work) {
  try {
    await work()
  } catch (error) {
    say(textOf(error.code ?? 'offline'))
  }
}

/** Signing in is going somewhere, never a request of a script's. */
function signInUrl (query) {
  return `${api}/auth/microsoft/login?${new URLSearchParams({ return_to: `${globalThis.location.origin}${globalThis.location.pathname}`, ...query })}`
}

function list (id, items, textOfItem, action, act) {
  find(id).replaceChildren(...items.map((item) => {
    const line = document.createElement('li')
    line.textContent = `${textOfItem(item)} `
    const button = Object.assign(document.createElement('button'), { textContent: action })
    button.addEventListener('click', () => attempt(async () => {
      await act(item)
      await start()
    }))
    line.append(button)
    return line
  }))
}

async function showUser () {
  find('greeting').textContent = (await ask('/api/greeting')).greeting
  list('sessions', await ask('/auth/sessions'), ({ device, current }) => `${device ?? 'A browser'}${current ? ' (this one)' : ''}`, 'End', ({ handle }) => ask('/auth/sessions/end', { session: handle }))
  list('identities', await ask('/auth/identities'), ({ preferredUsername }) => preferredUsername, 'Remove', ({ tid, oid }) => ask('/auth/microsoft/unlink', { tid, oid }))
  show('signed-in')
}

async function start () {
  for (const id of ['signed-out', 'signed-in', 'code']) find(id).hidden = true
  const error = new URLSearchParams(globalThis.location.search).get('error')
  if (error !== null) say(textOf(error))
  if (globalThis.location.pathname === '/code') {
    find('address').textContent = (await ask('/auth/code')).address
    return show('code')
  }
  const { user, mustConfirm } = await ask('/auth/session')
  // The session is there, and Microsoft has to say that it may go on: nobody is asked anything.
  if (mustConfirm && error === null) return globalThis.location.assign(signInUrl({ prompt: 'none' }))
  find('sign-in').href = signInUrl({})
  if (user === null) show('signed-out')
  else await showUser()
}

find('code').addEventListener('submit', (event) => {
  event.preventDefault()
  attempt(async () => globalThis.location.assign((await ask('/auth/code', { code: event.target.elements.code.value })).returnTo))
})
find('link').addEventListener('click', () => attempt(async () => globalThis.location.assign((await ask('/auth/microsoft/link', { return_to: globalThis.location.origin })).url)))
find('sign-out').addEventListener('click', () => attempt(async () => {
  await ask('/auth/logout', {})
  say('You are signed out.')
  await start()
}))
await attempt(start)
