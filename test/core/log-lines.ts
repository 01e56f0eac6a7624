import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '../..')
const levels = ['info', 'warn', 'error', 'debug', 'trace', 'fatal']

/** A line that some source writes to the log. */
export interface LogLine {
  readonly level: string
  /** The message, with `…` for what differs. */
  readonly message: string
  readonly at: string
}

/**
 * Messages that are made elsewhere and handed on: the call that logs them, by file and the text of the message's
 * expression, and where their texts are.
 */
const handedOn: Readonly<Record<string, { readonly file: string, readonly within: string }>> = {
  'plugins/provider.ts exposure': { file: 'src/store/location.ts', within: 'exposureOf' },
  'plugins/verification.ts message': { file: 'src/verification/remarks.ts', within: 'remarksOn' }
}

/** All lines that the sources log, from their syntax trees: however a call is broken over lines, it is found. */
export function logLinesOfSources (): LogLine[] {
  const files = ['src', 'plugins', 'bin'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name.replaceAll('\\', '/')}`))
  return files.flatMap(linesOf)
}

function linesOf (file: string): LogLine[] {
  const found: LogLine[] = []
  each(parse(file), (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return
    const { expression: logger, name: { text: level } } = node.expression
    if (!levels.includes(level) || !/(?:^|\.)log$/.test(logger.getText())) return
    const given = node.arguments.length > 1 ? node.arguments[1]! : node.arguments[0]!
    for (const message of messagesOf(given, file)) found.push({ level, message, at: file })
  })
  return found
}

/** What a message can be: one text, or one of two, or what another file says. */
function messagesOf (node: ts.Expression, file: string): string[] {
  if (ts.isConditionalExpression(node)) return [...messagesOf(node.whenTrue, file), ...messagesOf(node.whenFalse, file)]
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isTemplateExpression(node)) return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')]
  const source = handedOn[`${file} ${node.getText()}`]
  if (source === undefined) throw new Error(`${file} logs ${node.getText()}, and nobody knows what that says: write the text there, or name where it is`)
  return textsWithin(source.file, source.within)
}

/** The texts of a function that are sentences: those that it gives as messages. */
function textsWithin (file: string, name: string): string[] {
  const found: string[] = []
  each(parse(file), (node) => {
    if (!ts.isFunctionDeclaration(node) || node.name?.text !== name) return
    each(node, (inner) => {
      const isMessage = ts.isExpression(inner) && (ts.isReturnStatement(inner.parent) || (ts.isCallExpression(inner.parent) && inner.parent.arguments[0] === inner && inner.parent.expression.getText() === 'remark'))
      if (isMessage && (ts.isStringLiteralLike(inner) || ts.isTemplateExpression(inner))) found.push(...messagesOf(inner, file))
    })
  })
  if (found.length === 0) throw new Error(`${name} of ${file} has no text`)
  return found
}

function parse (file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
}

function each (node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => each(child, visit))
}

/** The lines that docs/operating.md lists: level, and message in backticks, are the first two columns of its table. */
export function logLinesOfDocs (): Array<Omit<LogLine, 'at'> & { readonly remedy: string }> {
  const text = readFileSync(join(root, 'docs/operating.md'), 'utf8')
  return [...text.matchAll(/^\| (info|warn|error|debug|trace|fatal) \| `` (.*?) `` \| (.*?) \| (.*?) \|$/gm)].map(([, level, message, when, remedy]) => {
    if (when!.trim() === '' || remedy!.trim() === '') throw new Error(`${message!} says nothing of when, or of what to do`)
    return { level: level!, message: message!, remedy: remedy! }
  })
}
