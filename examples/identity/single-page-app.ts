// A single-page app: files and nothing else. All it does happens in the browser.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import { listenAt, type Site } from './site.ts'

export async function startSinglePageApp ({ singlePageApp }: Site, issuer: string): Promise<void> {
  const app = Fastify()
  app.get('/', async (_request, reply) => reply
    .header('content-security-policy', `default-src 'none'; script-src 'self'; connect-src ${new URL(issuer).origin}; img-src data:; frame-ancestors 'none'`)
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>
<html lang="en" data-issuer="${issuer}"><head><meta charset="utf-8"><title>The single-page app</title><link rel="icon" href="data:,"><script type="module" src="/app.js"></script></head>
<body><main><h1>The single-page app</h1><p id="state" role="status">…</p><button id="sign-in" hidden>Sign in</button> <button id="look" hidden>Look again</button> <button id="sign-out" hidden>Sign out</button></main></body></html>`))
  app.get('/app.js', async (_request, reply) => reply.type('text/javascript; charset=utf-8').send(await readFile(join(import.meta.dirname, 'app.js'))))
  await app.listen(listenAt(singlePageApp))
}
