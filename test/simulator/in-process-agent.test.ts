import { createServer, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:http'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createInProcessAgent } from '../../src/simulator/in-process-agent.ts'

async function post (request: typeof httpRequest, url: string, options: RequestOptions, body: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    request(url, { method: 'POST', ...options }, (response) => { text(response).then(resolve, reject) }).on('error', reject).end(body)
  })
}

t.test('requests run through memory, for http and https URLs alike', async (t) => {
  const server = createServer((request, response) => {
    void text(request).then((body) => response.end(`${request.headers.host} ${request.url} ${body}`))
  })
  const connect = (socket: unknown): void => { server.emit('connection', socket) }
  t.equal(await post(httpRequest, 'http://login.example/a?b', { agent: createInProcessAgent('http:', connect) }, 'hello'), 'login.example /a?b hello')
  const secure = createInProcessAgent('https:', connect)
  t.equal(await post(httpsRequest, 'https://login.example/', { agent: secure }, 'hello'), 'login.example / hello')
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, index) => await post(httpsRequest, 'https://login.example/', { agent: secure }, String(index))))
  t.strictSame(answers, Array.from({ length: 20 }, (_, index) => `login.example / ${index}`), 'twenty at a time')
  t.notOk(server.listening)
})

t.test('an agent for https is not taken for one for http', async (t) => {
  const agent = createInProcessAgent('https:', () => {})
  t.throws(() => httpRequest('http://login.example/', { agent }), { code: 'ERR_INVALID_PROTOCOL' })
})
