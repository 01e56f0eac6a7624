import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import Fastify, { type FastifyInstance } from 'fastify'
import { ConfigurationError } from '../src/core/errors.ts'
import { registrationIn } from '../plugins/sign-in.ts'
import { type Call, CommandError } from './command.ts'

/** An application that was loaded and has booted, without listening anywhere. */
export interface LoadedApplication {
  /** The scope in which fastify-entra is registered. */
  readonly app: FastifyInstance
  readonly close: () => Promise<void>
}

/** Where Fastify tells that an instance was made ('Hooks and diagnostics channels' of its documents). */
const channel = 'fastify.initialization'

/**
 * Loads an application from its module. Its instance is whatever Fastify instance is made while the module is loaded, or
 * by the function that it exports by default: a factory, or a plugin, which is registered at an instance of ours. None of
 * them listens, and none logs.
 *
 * @throws ConfigurationError where fastify-entra refuses its options; CommandError where it cannot be loaded otherwise.
 */
export async function loadApplication (path: string, { importModule }: Pick<Call, 'importModule'>): Promise<LoadedApplication> {
  const made: FastifyInstance[] = []
  const note = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance }
    made.push(quiet(fastify))
  }
  subscribe(channel, note)
  try {
    await startModule(await importModule(path))
    for (const instance of made) await instance.ready()
  } catch (error) {
    await closeAll(made)
    throw explainFailure(path, error)
  } finally {
    unsubscribe(channel, note)
  }
  const app = made.map(registrationIn).find((one) => one !== null)
  if (app === undefined) {
    await closeAll(made)
    throw new CommandError(`${JSON.stringify(path)} ${made.length === 0 ? 'makes no Fastify instance' : 'registers no fastify-entra'}. Name the module that does: while it is loaded, or in a function that it exports by default (a plugin, or one that gives the instance).`)
  }
  return { app, close: async () => await closeAll(made) }
}

/** It boots where it would listen; what is looked at needs no port, and the terminal is the doctor's. */
function quiet (app: FastifyInstance): FastifyInstance {
  app.log.level = 'silent'
  const listen = async (...given: unknown[]): Promise<string> => {
    await app.ready()
    const callback = given.at(-1)
    if (typeof callback === 'function') callback(null, '')
    return ''
  }
  return Object.assign(app, { listen })
}

/** A function is registered as a plugin at an instance of ours: where it makes its own, that is the one with fastify-entra. */
async function startModule (module: unknown): Promise<void> {
  const { default: given } = module as { default?: unknown }
  if (typeof given !== 'function') return
  const host = Fastify()
  host.register(given as Parameters<FastifyInstance['register']>[0])
  await host.ready()
}

function explainFailure (path: string, error: unknown): Error {
  if (error instanceof ConfigurationError || error instanceof CommandError) return error
  const { name, message } = error instanceof Error ? error : { name: 'it threw', message: String(error) }
  return new CommandError(`${JSON.stringify(path)} cannot be loaded: ${name}: ${message}`)
}

async function closeAll (made: readonly FastifyInstance[]): Promise<void> {
  for (const instance of made) await instance.close().catch(() => {})
}
