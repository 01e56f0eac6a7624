import t from 'tap'
import { logLinesOfDocs, logLinesOfSources } from './log-lines.ts'

t.test('every line that is logged is in the documents with what to do, and the documents name no other', async (t) => {
  const write = ({ level, message }: { level: string, message: string }): string => `${level}: ${message}`
  const logged = [...new Set(logLinesOfSources().map(write))].sort()
  const documented = logLinesOfDocs().map(write).sort()
  t.ok(logged.length > 35, `${logged.length} lines`)
  t.same([...new Set(documented)], documented, 'each once')
  t.same(documented.filter((line) => !logged.includes(line)), [], 'in the documents, and logged nowhere')
  t.same(logged.filter((line) => !documented.includes(line)), [], 'logged, and in no document')
})

t.test('what a line says is a text that can be looked for: no two differ in level alone', async (t) => {
  const messages = [...new Set(logLinesOfSources().map(({ level, message }) => `${message} ${level}`))].map((line) => line.replace(/ \w+$/, ''))
  // Refusals are errors where they are the server's, and else information.
  const twice = messages.filter((message, index) => messages.indexOf(message) !== index)
  t.same(twice, ['sign-in refused'])
})
