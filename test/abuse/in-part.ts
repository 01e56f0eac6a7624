/**
 * Cases of which a part touches nothing that this project has, by id: what there is not, and what was tried instead.
 * There is none of which that is true as a whole.
 */
export const inPart: Readonly<Record<string, string>> = {
  T40: 'nobody asks UserInfo, and of Graph nothing that has an id; another account\'s ID token in the answer to a refresh stands for them',
  L03: 'there are no passwords; tried with sessions, identities and pending changes',
  L05: 'there are no phones and no API keys; tried with identities, addresses and an invitation',
  L36: 'a PKCE verifier never leaves its sealed cookie; tried with state, nonce, challenge, session id and code',
  S01: 'nobody has a session before signing in; tried with planted ids, and with an application\'s own @fastify/session',
  S22: 'no route takes a logout token; tried with ones posted to likely paths, and with the front channel'
}
