// Fastify alone, with a static answer: node bench/servers/bare.ts
import Fastify from 'fastify'
import { nobody } from '../people.ts'
import { listen } from './listen.ts'

const app = Fastify({ keepAliveTimeout: 600_000 })
app.get('/me', () => ({ id: nobody.id, email: nobody.email }))
await listen(app)
