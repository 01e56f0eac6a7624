import type { Command } from '../command.ts'

const doctor: Command = {
  words: ['doctor'],
  operands: ['[APPLICATION]'],
  about: 'Looks for what is wrong with a set-up: loads the application and asks Microsoft. Without one, the variables BASE_URL, CLIENT_ID, CLIENT_SECRET, TENANT and AUTHORITY are meant.',
  options: {
    manifest: { type: 'string', value: 'FILE', about: 'manifest of the app registration, as the portal downloads it' },
    'token-file': { type: 'string', value: 'FILE', about: 'ID token that has arrived at the application; - reads it from the standard input' },
    strict: { type: 'boolean', about: 'warnings make the exit code 1 as well' },
    json: { type: 'boolean', about: 'writes JSON' }
  },
  // What it needs is loaded when it is asked for: most commands need neither Fastify nor the plugins.
  run: async (call) => await (await import('../doctor.ts')).runDoctor(call)
}

export const doctorCommands: readonly Command[] = [doctor]
