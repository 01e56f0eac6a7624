import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import type { Block } from './documents.ts'

/** A block as a program. */
export interface Source {
  readonly block: Block
  readonly text: string
  /** Lines that stand before the code of the block. */
  readonly before: number
}

// What a fragment may use without saying where it is from.
const wellKnown: Record<string, string> = {
  app: "import type { FastifyInstance as App } from 'fastify'; declare const app: App",
  Fastify: "import Fastify from 'fastify'",
  entra: "import entra from 'fastify-entra'",
  isInteractionRequired: "import { isInteractionRequired } from 'fastify-entra'",
  simulator: "import simulator from 'fastify-entra/simulator'",
  createSimulator: "import { createSimulator } from 'fastify-entra/simulator'",
  signInAs: "import { signInAs } from 'fastify-entra/simulator'"
}

/**
 * The program that a block is, or is a part of. One that starts with a name and a colon is members of the options,
 * anything else is statements. What it uses and nobody knows is declared in a comment before it:
 * `<!-- given: declare const x: string -->`.
 */
export function sourceOf (block: Block): Source {
  const given = block.notes.given === undefined ? [] : [block.notes.given]
  if (isForBrowsers(block)) return { block, text: [...given, block.code].join('\n'), before: given.length }
  const declares = (name: string): boolean => new RegExp(`(?:const|let|function) ${name}\\b|^import .*\\b${name}\\b.* from `, 'm').test(block.code)
  const uses = (name: string): boolean => new RegExp(`(?<![.\\w'])${name}\\b`).test(block.code) && !declares(name)
  const areMembers = /^\s*\w+:/.test(block.code)
  const prelude = [
    ...Object.keys(wellKnown).filter(uses).map((name) => wellKnown[name]!),
    // The augmentations of Fastify's types come with the package.
    "import type { EntraOptions as Options } from 'fastify-entra'",
    ...given,
    ...(areMembers ? ['export const options: Partial<Options> = {'] : [])
  ]
  return { block, text: [...prelude, block.code, areMembers ? '}' : 'export {}'].join('\n'), before: prelude.length }
}

/** A script that imports nothing runs in a browser. */
export function isForBrowsers ({ language, code }: Block): boolean {
  return language === 'js' && !/^import /m.test(code)
}

/** Writes each block into a file of its own, and says which it is. */
export function writeSources (folder: string, blocks: Block[]): Map<string, Source> {
  mkdirSync(folder, { recursive: true })
  return new Map(blocks.map((block) => {
    const source = sourceOf(block)
    const file = join(folder, `${block.document.replaceAll(/\W/g, '-')}-${block.line}.mts`)
    writeFileSync(file, source.text)
    return [file, source]
  }))
}

/** What the type checker says about blocks, each line with the place in its document. */
export function problemsOf (sources: Map<string, Source>, options: ts.CompilerOptions): string[] {
  const program = ts.createProgram([...sources.keys()], { strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2024, moduleDetection: ts.ModuleDetectionKind.Force, ...options })
  const found = [...program.getOptionsDiagnostics()]
  for (const file of sources.keys()) {
    const source = program.getSourceFile(file)!
    found.push(...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source))
  }
  return found.map((one) => {
    const source = one.file === undefined ? undefined : sources.get(one.file.fileName)
    const place = source === undefined ? '' : `${source.block.document}:${source.block.line - source.before + one.file!.getLineAndCharacterOfPosition(one.start!).line}: `
    return `${place}${ts.flattenDiagnosticMessageText(one.messageText, '\n')}`
  })
}
