import { manifestPart } from '../../src/diagnosis/manifest.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import type { Call, Command } from '../command.ts'

const manifest: Command = {
  words: ['manifest'],
  operands: ['[APPLICATION]'],
  about: 'Prints the part of the app registration\'s manifest to paste: the optional claims, and with an application its redirect URLs.',
  options: {},
  run: async (call) => manifestPart(call.operands[0] === undefined ? { redirectUris: null, logoutUrl: null } : await urlsOf(call.operands[0], call))
}

export const manifestCommands: readonly Command[] = [manifest]

async function urlsOf (path: string, call: Call): Promise<Parameters<typeof manifestPart>[0]> {
  const { loadApplication } = await import('../load-application.ts')
  const { app, close } = await loadApplication(path, call)
  try {
    const { redirectUris, microsoftSignOut } = signInOf(app)
    return { redirectUris, logoutUrl: microsoftSignOut?.frontChannelLogoutUrl ?? null }
  } finally {
    await close()
  }
}
