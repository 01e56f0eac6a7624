import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import type { World } from './world.ts'

/** Has a site listen on a port of loopback. */
export async function listen (t: Pick<Test, 'teardown'>, { app }: Pick<World, 'app'>): Promise<{ readonly port: number }> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.server.closeAllConnections())
  return { port: (app.server.address() as AddressInfo).port }
}

/** What a connection came to. */
export interface Exchange {
  /** `0` where there was no answer. */
  readonly status: number
  readonly text: string
}

/** Sends text as it is, and gives what comes until the server closes the connection. */
export async function exchange (port: number, send: (socket: Socket) => unknown): Promise<Exchange> {
  return await new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => { send(socket) })
    socket.on('data', (chunk) => { text += String(chunk) })
    socket.on('error', () => {})
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text }))
  })
}

/** The head of a request of a program that asks for JSON. */
export function head (method: string, url: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { host: 'app.example', connection: 'close', accept: 'application/json', 'x-forwarded-proto': 'https', origin: 'https://app.example', ...headers }
  return `${method} ${url} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** Sends one octet after another, until nobody takes any. */
export function drip (socket: Socket, beginning: string, octet: string): void {
  socket.write(beginning)
  const timer = setInterval(() => socket.write(octet), 20)
  socket.on('close', () => clearInterval(timer))
}

/** Writes so many octets, as fast as they are taken, and stops where nobody takes them. */
export function flood (socket: Socket, beginning: string, size: number, part: Buffer): void {
  socket.write(beginning)
  let left = size
  socket.on('drain', write)
  write()
  function write (): void {
    while (left > 0 && socket.writable) {
      left -= part.length
      if (!socket.write(part)) return
    }
  }
}
