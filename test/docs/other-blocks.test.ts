import t from 'tap'
import { takesLong } from '../patient.ts'
import { startPostgres } from '../postgres.ts'
import { needsPostgres } from '../services.ts'
import { blocksOf, documents } from './documents.ts'
import { complaintAboutDiagram } from './mermaid.ts'
import { routesOfAll } from './routes.ts'

takesLong()

const blocks = documents().flatMap(blocksOf)

t.test('a form of the documents is whole, and leads to a route', async (t) => {
  const routes = await routesOfAll()
  for (const { document, line, code } of blocks.filter(({ language }) => language === 'html')) {
    const open: string[] = []
    for (const [, close, tag] of code.matchAll(/<(\/?)([a-z]+)[^>]*>/g)) {
      if (close === '/') t.equal(open.pop(), tag, `${document}:${line}: </${tag}>`)
      else if (!['input', 'meta', 'link', 'img', 'br'].includes(tag!)) open.push(tag!)
    }
    t.same(open, [], `${document}:${line} closes what it opens`)
    for (const [, action] of code.matchAll(/<form method="post" action="([^"]+)"/g)) t.ok(routes.has(`POST ${action}`), `${document}:${line}: POST ${action}`)
  }
})

t.test('the statements for PostgreSQL run, and what they make serves', needsPostgres(), async (t) => {
  for (const { document, line, code } of blocks.filter(({ language }) => language === 'sql')) {
    const server = await startPostgres(t)
    for (const statement of code.split(';').map((one) => one.trim()).filter((one) => one !== '')) await server.query(statement)
    t.match(await server.query("select rolcanlogin from pg_roles where rolname = 'entra'"), [{ rolcanlogin: true }], `${document}:${line}`)
  }
})

t.test('a diagram is one that GitHub draws', async (t) => {
  const diagrams = blocks.filter(({ language }) => language === 'mermaid')
  for (const { document, line, code } of diagrams) t.equal(complaintAboutDiagram(code), null, `${document}:${line}`)
  t.match(complaintAboutDiagram('flowchart LR\n  a[open --> b'), /line 2/)
  t.match(complaintAboutDiagram('sequenceDiagram\n  participant A\n  A->>B: x'), /B/)
  t.match(complaintAboutDiagram('flow LR\n'), /flow/)
})
