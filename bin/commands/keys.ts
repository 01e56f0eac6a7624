import { deriveKeys } from '../../src/core/secrets.ts'
import { publishedAhead } from '../../src/identity/key-schedule.ts'
import { type ListedKey, listKeys, nameOf, rotateKeys } from '../../src/identity/signing-keys.ts'
import { createKeyStore } from '../../src/store/identity-keys.ts'
import { type Command, CommandError } from '../command.ts'
import { databaseOptions, projectOf, secretOptions, secretsOf, withDatabase } from '../given.ts'

const simulatorOption = {
  simulated: { type: 'boolean', about: 'the keys that servers with the simulator have' }
} as const

const list: Command = {
  words: ['keys', 'list'],
  operands: [],
  about: 'Lists the keys that sign tokens: which signs, and which are published beside it.',
  options: { ...databaseOptions, ...simulatorOption },
  run: async (call) => await withDatabase(call, async (database) => {
    const project = { name: projectOf(call), simulated: call.flags.simulated === true }
    const keys = await listKeys({ store: createKeyStore(database), project, environment: call.environment })
    if (keys.length === 0) call.complain(`fastify-entra: ${nameOf(project)} has no signing keys yet: its first server makes them.${project.simulated ? '' : ' Those of servers with the simulator are listed with --simulated.'}`)
    return { keys: keys.map(showKey) }
  })
}

const rotate: Command = {
  words: ['keys', 'rotate'],
  operands: [],
  about: 'Makes new keys: published at once, they sign after an hour; the ones before stay published for 30 days.',
  options: {
    now: { type: 'boolean', about: 'they sign at once, for clients that fetch the keys anew when they meet one they do not know' },
    compromised: { type: 'boolean', about: 'somebody else may have the keys: the new ones sign at once, the ones before go, and whatever they signed is refused' },
    ...databaseOptions,
    ...secretOptions,
    ...simulatorOption
  },
  run: async (call) => await withDatabase(call, async (database) => {
    const simulated = call.flags.simulated === true
    const compromised = call.flags.compromised === true
    const settings = {
      store: createKeyStore(database),
      project: { name: projectOf(call), simulated },
      sealKeys: deriveKeys(secretsOf(call), 'identity-key', simulated),
      environment: call.environment
    }
    const isAtOnce = compromised || call.flags.now === true
    const generation = await rotateKeys(settings, { publishedAhead: isAtOnce ? 0 : publishedAhead, compromised })
    if (generation === null) throw new CommandError('another rotation was under way, and has made new keys. fastify-entra keys list shows them.')
    return { generation, keys: (await listKeys(settings)).map(showKey) }
  })
}

export const keyCommands: readonly Command[] = [list, rotate]

function showKey ({ createdAt, signsAt, ...key }: ListedKey): object {
  return { ...key, createdAt: new Date(createdAt).toISOString(), signsAt: new Date(signsAt).toISOString() }
}
