import type { FastifySchema } from 'fastify'
import { json, type JsonSchema, objectOf, schemaOf } from './describe.ts'
import { flag, orNull, text, time } from './shapes.ts'

const state = { type: 'string', enum: ['ok', 'warning', 'failing'] }
const store = objectOf({ state, reason: orNull(text) })
const credential = objectOf({
  name: text,
  kind: { type: 'string', enum: ['secret', 'certificate', 'federated', 'tokenFile'] },
  state: { type: 'string', enum: ['ok', 'expiring', 'expired', 'not_yet_valid', 'failing'] },
  expiresAt: orNull(time),
  daysLeft: { type: ['integer', 'null'] },
  lastUsedAt: orNull(time),
  lastFailedAt: orNull(time)
})

/** Without the token there are status and time alone. */
const parts = {
  signIns: { type: 'string', enum: ['on', 'off'] },
  simulated: flag,
  database: store,
  redis: orNull(store),
  keys: orNull(objectOf({ state, count: { type: 'integer' }, asOf: orNull(time), failedAt: orNull(time), usable: flag })),
  credentials: objectOf({ state, list: { type: 'array', items: credential } })
}

function health (statuses: readonly string[]): JsonSchema {
  return objectOf({ status: { type: 'string', enum: statuses }, checkedAt: time, ...parts }, { required: ['status', 'checkedAt'] })
}

export function healthSchema (): FastifySchema {
  return schemaOf({
    tag: 'Operating',
    operationId: 'checkHealth',
    summary: 'Says whether people can be identified here and can sign in; with the bearer token of option `healthToken`, how each part does.',
    answers: {
      200: json('People who are signed in are. With `degraded` nobody else can sign in.', health(['ok', 'degraded'])),
      503: json('Nobody can be identified: a store does not answer.', { anyOf: [health(['failing']), failure] })
    },
    refusals: ['unauthenticated']
  })
}

/** A hook in front of it has failed. */
const failure = objectOf({ statusCode: { type: 'integer', enum: [503] }, code: { type: 'string', enum: ['store_unavailable', 'server_error'] }, error: text, message: text })
