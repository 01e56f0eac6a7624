import t from 'tap'
import { documents } from './documents.ts'
import { routesOfAll } from './routes.ts'

t.test('each path that answers is among the ways in, with whether it gives a session, and no other is', async (t) => {
  const { text } = documents().find(({ name }) => name === 'docs/threat-model.md')!
  const [section] = /^## Ways in$[^]*?(?=^## )/m.exec(text)!
  const told = [...section.matchAll(/^\| `(\/\S+)` \| ([^|]+) \|/gm)]
  const routes = [...await routesOfAll(), ...await routesOfAll({ responseMode: 'form_post', baseUrl: 'http://localhost:3000' })]
  t.same(told.map(([, path]) => path).sort(), [...new Set(routes.map((route) => route.split(' ')[1]!))].sort())
  t.same(told.filter(([, , session]) => session!.startsWith('**yes**')).map(([, path]) => path), ['/auth/microsoft/callback', '/auth/microsoft/callback/finish', '/auth/code'])
})
