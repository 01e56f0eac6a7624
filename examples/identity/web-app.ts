// A web app that knows the provider's address and nothing else of it. It keeps sessions of its own, and ends them when it is told to.
import fastifyCookie from '@fastify/cookie'
import fastifyFormbody from '@fastify/formbody'
import Fastify, { type FastifyReply } from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import { listenAt, type Site, webAppSecret } from './site.ts'

interface Session { readonly name: string, readonly sid: string, readonly idToken: string }
interface Pending { readonly verifier: string, readonly state: string, readonly nonce: string }

const cookie = { path: '/', httpOnly: true, sameSite: 'lax' } as const

export async function startWebApp ({ webApp }: Site, issuer: string): Promise<void> {
  const config = await openid.discovery(new URL(issuer), 'web-app', undefined, openid.ClientSecretBasic(webAppSecret), { execute: [openid.allowInsecureRequests] })
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri!))
  const sessions = new Map<string, Session>()
  const pending = new Map<string, Pending>()

  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(fastifyFormbody)

  app.get('/', async (request, reply) => {
    const session = sessions.get(request.cookies.session ?? '')
    return await sendPage(reply, session === undefined
      ? '<p>You are not signed in here.</p><p><a href="/login">Sign in</a></p>'
      : `<p>Hello, <strong>${escape(session.name)}</strong>.</p><p><a href="/logout">Sign out</a></p>`)
  })

  app.get('/login', async (_request, reply) => {
    const [verifier, state, nonce, id] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce(), openid.randomState()]
    pending.set(id, { verifier, state, nonce })
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: `${webApp}/callback`, scope: 'openid profile email', state, nonce, code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256'
    })
    return reply.setCookie('pending', id, cookie).redirect(url.href, 303)
  })

  app.get('/callback', async (request, reply) => {
    const id = request.cookies.pending ?? ''
    const started = pending.get(id)
    if (started === undefined) return await reply.redirect('/', 303)
    pending.delete(id)
    const tokens = await openid.authorizationCodeGrant(config, new URL(request.url, webApp), {
      pkceCodeVerifier: started.verifier, expectedState: started.state, expectedNonce: started.nonce, idTokenExpected: true
    })
    const { sub, sid } = tokens.claims()!
    const { name = sub } = await openid.fetchUserInfo(config, tokens.access_token, sub)
    const key = openid.randomState()
    sessions.set(key, { name, sid: String(sid), idToken: tokens.id_token! })
    return reply.clearCookie('pending', cookie).setCookie('session', key, cookie).redirect('/', 303)
  })

  app.get('/logout', async (request, reply) => {
    const session = sessions.get(request.cookies.session ?? '')
    sessions.delete(request.cookies.session ?? '')
    const url = openid.buildEndSessionUrl(config, { post_logout_redirect_uri: `${webApp}/`, ...(session !== undefined && { id_token_hint: session.idToken }) })
    return reply.clearCookie('session', cookie).redirect(url.href, 303)
  })

  // The provider tells it here that a session ended, wherever it did (OpenID Connect Back-Channel Logout section 2.6).
  app.post<{ Body: { logout_token?: string } }>('/session-ended', async (request, reply) => {
    const { payload } = await jwtVerify(request.body.logout_token ?? '', keys, { issuer, audience: 'web-app', typ: 'logout+jwt', requiredClaims: ['sid', 'jti', 'iat'] })
    for (const [key, { sid }] of sessions) if (sid === payload.sid) sessions.delete(key)
    return reply.header('cache-control', 'no-store').send()
  })

  await app.listen(listenAt(webApp))
}

async function sendPage (reply: FastifyReply, content: string): Promise<FastifyReply> {
  return reply.type('text/html; charset=utf-8').send(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The web app</title><link rel="icon" href="data:,"></head><body><main><h1>The web app</h1>${content}</main></body></html>`)
}

function escape (text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
