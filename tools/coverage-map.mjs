// What the coverage gate is about: what a user runs. Tools and benchmarks are run by tests as well, and are not in the package.
import { readdirSync } from 'node:fs'

const covered = ['bin', 'plugins', 'src'].flatMap((folder) => readdirSync(new URL(`../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts')).map((file) => `${folder}/${file.replaceAll('\\', '/')}`))

export default () => covered
