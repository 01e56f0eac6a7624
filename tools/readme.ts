// Writes the tables of README.md and of docs/ from the code: node tools/readme.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTables } from './tables.ts'

const root = join(import.meta.dirname, '..')
for (const name of ['README.md', ...readdirSync(join(root, 'docs')).filter((page) => page.endsWith('.md')).map((page) => join('docs', page))]) {
  const file = join(root, name)
  const text = readFileSync(file, 'utf8')
  const written = withTables(text)
  if (written !== text) writeFileSync(file, written)
}
