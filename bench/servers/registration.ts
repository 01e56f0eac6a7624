// Starts our server as an application does, without listening, and says how long that took:
// node bench/servers/registration.ts '{"database":…}' [modules]
//
// Prints JSON: milliseconds, resident memory, when our part of it began and, with the word, every module that was loaded (looking at
// them takes time, so that the rest says nothing then).
import { registerHooks } from 'node:module'
import { clientId, clientSecret } from '../people.ts'

const options = JSON.parse(process.argv[2]!) as { database: string }
const modules = new Set<string>()
if (process.argv[3] === 'modules') {
  registerHooks({
    load: (url, context, nextLoad) => {
      modules.add(url)
      return nextLoad(url, context)
    }
  })
}

const begin = performance.now()
const { default: Fastify } = await import('fastify')
// Making an application loads what validates and serializes: that is Fastify's as well.
const app = Fastify()
const memory = { fastify: process.memoryUsage.rss(), import: 0, registration: 0 }
const since = String(process.hrtime.bigint())
const withFastify = performance.now()
const { default: entra } = await import('fastify-entra')
const imported = performance.now()
memory.import = process.memoryUsage.rss()
await app.register(entra, { baseUrl: 'http://localhost:3000', clientId, clientSecret, secrets: ['benchmark-secret-of-more-than-32-characters'], setup: false, ...options })
await app.ready()
const ready = performance.now()
memory.registration = process.memoryUsage.rss()
console.log(JSON.stringify({ fastify: withFastify - begin, import: imported - withFastify, registration: ready - imported, total: ready - withFastify, memory, since, modules: [...modules] }))
await app.close()
