// Publishes two events while one subscriber throws and another listens; prints what each part saw.
import { subscribe } from 'node:diagnostics_channel'
import { publish } from '../../src/events/channel.ts'

const event = { at: 1, userId: null, identity: null, address: null, evidence: [], row: null, code: null, reason: null, requestId: null }
const seen: string[] = []
subscribe('fastify-entra:signed_in', () => { throw new Error('subscriber') })
subscribe('fastify-entra:signed_in', (message, name) => { seen.push(`${String(name)} ${(message as { type: string }).type}`) })
process.on('uncaughtException', (error) => { seen.push(`uncaught ${error.message}`) })
publish({ ...event, type: 'signed_in' })
publish({ ...event, type: 'signed_out' })
seen.push('published')
setImmediate(() => process.stdout.write(JSON.stringify(seen)))
