// What a competent developer writes without us: node bench/servers/hand-written.ts '{"authority":…,"database":…}'
//
// @fastify/oauth2 with PKCE, the ID token verified by jose, sessions of @fastify/session in memory, people in node:sqlite.
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import fastifyCookie from '@fastify/cookie'
import { fastifyOauth2, type OAuth2Namespace } from '@fastify/oauth2'
import fastifySession from '@fastify/session'
import Fastify from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { clientId, clientSecret, tenantId } from '../people.ts'
import { listen } from './listen.ts'

interface User { readonly id: string, readonly email: string, readonly name: string }

declare module 'fastify' {
  interface Session { user?: User }
  interface FastifyInstance { azure: OAuth2Namespace }
}

const { authority, database } = JSON.parse(process.argv[2]!) as { authority: string, database: string }

const db = new DatabaseSync(database)
db.exec('pragma journal_mode = wal; pragma synchronous = full')
db.exec('create table if not exists users (id text primary key, tid text not null, oid text not null, email text, name text, unique (tid, oid))')
const upsert = db.prepare('insert into users (id, tid, oid, email, name) values (?, ?, ?, ?, ?) on conflict (tid, oid) do update set email = excluded.email, name = excluded.name returning id, email, name')

const app = Fastify({ keepAliveTimeout: 600_000 })
await app.register(fastifyCookie)
await app.register(fastifySession, { secret: 'benchmark-secret-of-more-than-32-characters', cookieName: 'session', cookie: { secure: false, sameSite: 'lax', maxAge: 12 * 3_600_000 }, saveUninitialized: false })
await app.register(fastifyOauth2, {
  name: 'azure',
  scope: ['openid', 'profile', 'email'],
  credentials: {
    client: { id: clientId, secret: clientSecret },
    auth: { tokenHost: authority, tokenPath: '/common/oauth2/v2.0/token', authorizePath: '/common/oauth2/v2.0/authorize' }
  },
  pkce: 'S256',
  startRedirectPath: '/login',
  callbackUri: 'http://localhost:3000/callback'
})

const keys = createRemoteJWKSet(new URL(`${authority}/common/discovery/v2.0/keys`))
app.get('/callback', async (request, reply) => {
  const { token } = await app.azure.getAccessTokenFromAuthorizationCodeFlow(request, reply)
  const { payload } = await jwtVerify(token.id_token!, keys, { audience: clientId, issuer: `${authority}/${tenantId}/v2.0`, algorithms: ['RS256'] })
  const user = upsert.get(randomUUID(), String(payload.tid), String(payload.oid), String(payload.email), String(payload.name)) as unknown as User
  await request.session.regenerate()
  request.session.user = user
  return await reply.redirect('/')
})
app.get('/me', {
  onRequest: async (request, reply) => {
    if (request.session.user === undefined) return await reply.code(401).send({ code: 'unauthenticated' })
  }
}, (request) => ({ id: request.session.user!.id, email: request.session.user!.email }))
await listen(app)
