import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { closeSoon } from '../../plugins/close-soon.ts'
import { httpsApp, program } from './app.ts'

/** Asks over a connection that is to be kept; gives the status when the answer is whole. */
async function ask (agent: Agent, port: number, path: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    request({ agent, port, path, headers: program }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode!))
    }).on('error', reject).end()
  })
}

t.test('an application closes when the last answer is sent, and not when connections are given up', async (t) => {
  const work = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  // Longer than any test.
  const { app } = await httpsApp(t, {}, {
    server: { keepAliveTimeout: 3_600_000 },
    before: (app) => app.get('/slow', async () => {
      started.resolve()
      await work.promise
      return 'done'
    })
  })
  await app.listen({ port: 0, host: 'localhost' })
  const { port } = app.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  t.equal(await ask(agent, port, '/auth/microsoft/login'), 303)
  const answer = ask(agent, port, '/slow')
  await started.promise
  let isClosed = false
  const closing = app.close().then(() => { isClosed = true })
  await new Promise((resolve) => setTimeout(resolve, 150))
  t.notOk(isClosed, 'what is under way is waited for')
  work.resolve()
  t.equal(await answer, 200)
  await closing
  agent.destroy()
})

t.test('a server that cannot close connections one by one closes as it did', async (t) => {
  const app = Fastify({ http2: true })
  closeSoon(app as never)
  await app.listen({ port: 0, host: 'localhost' })
  const socket = connect((app.server.address() as AddressInfo).port, 'localhost')
  await new Promise((resolve) => socket.once('connect', resolve))
  const closing = app.close()
  await new Promise((resolve) => setTimeout(resolve, 120))
  socket.destroy()
  await closing
  t.pass('it is closed')
})

t.test('a body that does not come is waited for as long as the server says, else half a minute', async (t) => {
  const slow = async (requestTimeout: number): Promise<number> => {
    const { app } = await httpsApp(t, {}, { server: { requestTimeout } })
    await app.listen({ port: 0, host: 'localhost' })
    const { port } = app.server.address() as AddressInfo
    const socket = connect(port, 'localhost')
    socket.write('POST /auth/logout HTTP/1.1\r\nhost: app.example\r\nx-forwarded-proto: https\r\norigin: https://app.example\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{')
    socket.resume()
    const since = performance.now()
    const timer = setTimeout(() => socket.destroy(), 2_000)
    await new Promise((resolve) => socket.on('close', resolve).on('error', () => {}))
    clearTimeout(timer)
    return performance.now() - since
  }
  t.ok(await slow(100) < 1_900, 'the server\'s own limit holds')
  t.ok(await slow(0) >= 1_900, 'without one it has longer than this test')
})
