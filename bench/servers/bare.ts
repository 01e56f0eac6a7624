// Fastify alone, with a static answer: node bench/servers/bare.ts
import Fastify from 'fastify'
import { listen } from './listen.ts'

const app = Fastify({ keepAliveTimeout: 600_000 })
app.get('/me', () => ({ id: 'nobody', email: 'person-0@benchmark.example' }))
await listen(app)
