import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that the system hands out by itself (Linux: 32768 and up), so that nothing else takes one meanwhile. */
const first = 20_000
const span = 10_000

let next = first + process.pid * 7 % span

/** A port that nobody listens on, for a program that must be told one. Each process looks in a place of its own. */
export async function reservePort (): Promise<number> {
  const port = next
  next = first + (next - first + 1) % span
  const server = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, 'localhost', () => resolve(true))
  })
  if (!isFree) return await reservePort()
  server.close()
  await once(server, 'close')
  return port
}
