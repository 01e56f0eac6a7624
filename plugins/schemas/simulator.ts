import type { FastifySchema } from 'fastify'

/** No part of the application's API, and there in development alone: no document shows it. */
export function simulatorSchema (): FastifySchema {
  return {
    hide: true,
    tags: ['Microsoft'],
    summary: 'The simulator of Microsoft: its endpoints and pages, and the Graph.',
    params: { type: 'object', properties: { '*': { type: 'string', description: 'What lies behind the origin at Microsoft.' } } },
    response: { default: { description: 'As Microsoft answers.' }, 403: { description: 'The simulator answers this machine only.' } }
  } as FastifySchema
}
