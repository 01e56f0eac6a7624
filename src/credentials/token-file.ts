import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { isEntraError } from '../core/errors.ts'
import { TimedOut, within } from '../core/within.ts'
import { unusableCredential } from './refused.ts'
import { isToken, longestToken } from './token.ts'

/**
 * Reads the token of a workload identity. Each time anew: the platform replaces the file long before the token ends.
 *
 * @param timeout - In milliseconds.
 * @throws provider_error with a reason of its own.
 */
export async function readTokenFile (path: string, timeout: number): Promise<string> {
  // Who writes it by hand leaves a new line at its end.
  const token = (await readInTime(path, timeout)).trim()
  if (!isToken(token)) throw unusableCredential('token_file_no_token')
  return token
}

async function readInTime (path: string, timeout: number): Promise<string> {
  try {
    return await within(timeout, async () => await readBounded(path))
  } catch (error) {
    throw error instanceof TimedOut ? unusableCredential('token_file_timeout') : error
  }
}

async function readBounded (path: string): Promise<string> {
  try {
    // Without waiting: opening a pipe that nobody writes to would never end.
    return await readAndClose(await open(path, constants.O_RDONLY | constants.O_NONBLOCK))
  } catch (error) {
    if (isEntraError(error)) throw error
    throw unusableCredential((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'token_file_missing' : 'token_file_unreadable')
  }
}

async function readAndClose (handle: FileHandle): Promise<string> {
  try {
    return await readText(handle)
  } finally {
    await handle.close()
  }
}

/** No more than a token has: whoever fills the file must not fill the memory. */
async function readText (handle: FileHandle): Promise<string> {
  if (!(await handle.stat()).isFile()) throw unusableCredential('token_file_unreadable')
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(longestToken + 1), 0, longestToken + 1, 0)
  if (bytesRead > longestToken) throw unusableCredential('token_file_too_large')
  return buffer.toString('utf8', 0, bytesRead)
}
