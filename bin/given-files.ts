import { type ManifestFacts, parseManifest } from '../src/diagnosis/manifest.ts'
import { type Call, CommandError } from './command.ts'
import { readGiven } from './given.ts'

/** The manifest in the file that --manifest names; `null` without the flag. */
export function manifestGiven (call: Call): ManifestFacts | null {
  const path = call.flags.manifest as string | undefined
  if (path === undefined) return null
  const manifest = parseManifest(readGiven(call, '--manifest', path))
  if (manifest === null) throw new CommandError('--manifest: the file is no application manifest. In the Azure portal, open the app registration, Manifest, Download.')
  return manifest
}

/** A token from its own word, or from the standard input where that is missing or `-`: what stands on a command line, every user of the machine may read. */
export async function tokenGiven ({ readInput }: Call, word: string | undefined): Promise<string> {
  const token = (word === undefined || word === '-' ? await readInput() : word).trim()
  if (token === '') throw new CommandError('no token was given. Give it behind the command, or on the standard input.')
  return token
}
