import type { Command } from '../command.ts'

const explain: Command = {
  words: ['explain'],
  operands: ['[TOKEN]'],
  about: 'Explains an ID token, from the standard input where it is left out: each rule, the score, the linking decision, what each preset would decide. Asks nobody.',
  options: {
    application: { type: 'string', value: 'FILE', about: 'module of the application whose options are meant; else those of the flags, and defaults' },
    tenant: { type: 'string', value: 'TENANT', about: 'option "tenant" (default: common)' },
    'client-id': { type: 'string', value: 'GUID', about: 'option "clientId"; without it nobody looks whom the token is for' },
    authority: { type: 'string', value: 'ORIGIN', about: 'option "authority" (default: https://login.microsoftonline.com)' },
    preset: { type: 'string', value: 'NAME', about: 'option "preset": standard, strict or upn (default: standard)' },
    nonce: { type: 'string', value: 'NONCE', about: 'nonce of the attempt; without it nobody looks whether the token is of it' },
    at: { type: 'string', value: 'TIME', about: 'time that counts as now, as in 2027-05-31T12:00:00Z' },
    json: { type: 'boolean', about: 'writes JSON' }
  },
  // What it needs is loaded when it is asked for: most commands need neither Fastify nor the plugins.
  run: async (call) => await (await import('../explain.ts')).runExplain(call)
}

export const explainCommands: readonly Command[] = [explain]
