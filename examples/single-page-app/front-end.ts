// The front end: files and nothing else. Any web server does.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'

const page = (api: string): string => `<!doctype html>
<html lang="en" data-api="${api}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A single-page app</title><link rel="icon" href="data:,"><script type="module" src="/app.js"></script></head>
<body><main>
<h1>A single-page app</h1>
<p id="message" role="status"></p>
<section id="signed-out" hidden><a id="sign-in" href="/">Sign in with Microsoft</a></section>
<form id="code" hidden><p>A code was mailed to <b id="address"></b>.</p><label>Code <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label> <button>Go on</button></form>
<section id="signed-in" hidden>
<p id="greeting"></p>
<h2>Where you are signed in</h2><ul id="sessions"></ul>
<h2>Your Microsoft accounts</h2><ul id="identities"></ul>
<button id="link">Add an account</button> <button id="sign-out">Sign out</button>
</section>
</main></body></html>`

export async function startFrontEnd (frontEnd: string, api: string): Promise<void> {
  const app = Fastify()
  app.get('/app.js', async (_request, reply) => reply.type('text/javascript; charset=utf-8').send(await readFile(join(import.meta.dirname, 'app.js'))))
  // Every address is the same page: the script looks where it is.
  app.get('/*', async (_request, reply) => reply
    .header('content-security-policy', `default-src 'none'; script-src 'self'; connect-src ${api}; img-src data:; form-action 'none'; frame-ancestors 'none'`)
    .type('text/html; charset=utf-8')
    .send(page(api)))
  const { hostname, port } = new URL(frontEnd)
  await app.listen({ port: Number(port), host: hostname })
}
