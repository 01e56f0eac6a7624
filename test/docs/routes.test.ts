import t from 'tap'
import { blocksOf, documents, proseOf } from './documents.ts'
import { routesOfAll } from './routes.ts'

t.test('a route that the documents name with its method is there', async (t) => {
  const routes = await routesOfAll()
  const named = documents().flatMap((document) => [...proseOf(document).matchAll(/`(GET|POST|DELETE) (\/auth\/[\w/-]+)/g)]
    .map(([, method, path]) => [document.name, `${method} ${path}`] as const))
  // The issuer's own endpoints are those of oidc-provider, behind one route for all of them.
  for (const [name, route] of named.filter(([, one]) => !one.includes('/auth/identity/'))) t.ok(routes.has(route), `${name}: ${route}`)
  t.ok(named.length > 15, `${named.length} routes`)
})

t.test('a path that the code of the documents sends a request to is there', async (t) => {
  const routes = [...await routesOfAll()]
  for (const { document, line, code } of documents().flatMap(blocksOf)) {
    for (const [, path] of code.matchAll(/(?:url: |fetch\()'(\/auth\/[\w/-]+)'/g)) {
      t.ok(routes.some((route) => route.endsWith(` ${path}`)), `${document}:${line}: ${path}`)
    }
  }
})
