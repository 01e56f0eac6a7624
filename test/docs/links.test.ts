import { existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import t from 'tap'
import { anchorsOf, documents, proseOf, root } from './documents.ts'

const all = documents()
const anchors = new Map(all.map((document) => [document.name, anchorsOf(document)]))

t.test('a link to a file leads to a file, and one to a heading to a heading', async (t) => {
  let count = 0
  for (const document of all) {
    for (const [, target] of proseOf(document).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      const [path, anchor] = target!.split('#') as [string, string | undefined]
      const file = path === '' ? document.name : posix.join(posix.dirname(document.name), path)
      count += 1
      t.ok(existsSync(join(root, file)), `${document.name}: ${target}`)
      if (anchor !== undefined && anchors.has(file)) t.ok(anchors.get(file)!.has(anchor), `${document.name}: no heading for ${target}`)
      t.notOk(file.startsWith('..'), `${document.name}: ${target} stays in the repository`)
    }
  }
  t.ok(count > 60, `${count} links`)
})

t.test('an address of the web is written with https, and names a host', async (t) => {
  for (const document of all) {
    for (const [, address] of proseOf(document).matchAll(/\]\((https?:[^)\s]+)\)/g)) {
      t.ok(URL.canParse(address!) && new URL(address!).protocol === 'https:', `${document.name}: ${address}`)
    }
  }
})

t.test('every page can be reached from the README', async (t) => {
  const reached = new Set<string>()
  const visit = (name: string): void => {
    if (reached.has(name)) return
    reached.add(name)
    const document = all.find((one) => one.name === name)
    if (document === undefined) return
    for (const [, path] of proseOf(document).matchAll(/\]\((?!https?:)([^)#\s]+\.md)/g)) visit(posix.join(dirname(name), path!))
  }
  visit('README.md')
  for (const { name } of all) t.ok(reached.has(name), name)
})

t.test('anchors are made as GitHub makes them', async (t) => {
  const made = anchorsOf({ name: 'x.md', text: '# Who was *tried*, against `whom`?\n## What: is it\n## What: is it\n```\n# no heading\n```\n## [Ä link](x.md) & more\n' })
  t.same([...made], ['who-was-tried-against-whom', 'what-is-it', 'what-is-it-1', 'ä-link--more'])
})
