import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folder of the repository. */
export const root: string = join(import.meta.dirname, '../..')

/** A document of the repository, in Markdown. */
export interface Document {
  /** Path below the repository, with `/`. */
  readonly name: string
  readonly text: string
}

/** A block of code in a document. */
export interface Block {
  readonly document: string
  /** Line of the document on which the code begins, from 1. */
  readonly line: number
  /** The word after the fence; empty where there is none. */
  readonly language: string
  readonly code: string
  /** What the comment before the block says: `example: minimal` gives it a name, `given: …` declares what the code takes for granted, `unchecked: …` says why nothing checks it. */
  readonly notes: Readonly<Record<string, string>>
}

const fence = /((?:^[ \t]*<!-- \w+: [^\n]*? -->\n)*)^([ \t]*)```([\w-]*)\n([^]*?)^\2```[ \t]*$/gm

/** All documents that people read, those of the root first. */
export function documents (): Document[] {
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).sort().map((name) => `docs/${name}`)
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...pages]
    .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }))
}

/** The blocks of code of a document, in their order. */
export function blocksOf ({ name, text }: Document): Block[] {
  return [...text.matchAll(fence)].map((match) => {
    const [, comments, indent, language, code] = match
    return {
      document: name,
      line: text.slice(0, match.index + comments!.length).split('\n').length + 1,
      language: language!,
      code: code!.split('\n').map((line) => line.startsWith(indent!) ? line.slice(indent!.length) : line).join('\n'),
      notes: Object.fromEntries([...comments!.matchAll(/<!-- (\w+): ([^\n]*?) -->/g)].map(([, key, value]) => [key!, value!]))
    }
  })
}

/** The document without its code: what people read as sentences, links and tables. */
export function proseOf ({ text }: Document): string {
  return text.replace(fence, (block) => '\n'.repeat(block.split('\n').length - 1)).replace(/<!--[^]*?-->/g, '')
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf (document: Document): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading] of proseOf(document).matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '')
    const anchor = plain.toLowerCase().replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-')
    let unique = anchor
    for (let number = 1; anchors.has(unique); number++) unique = `${anchor}-${number}`
    anchors.add(unique)
  }
  return anchors
}
