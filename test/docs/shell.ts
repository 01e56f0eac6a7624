import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** One command of a line of shell: what is run, and with what. */
export type Command = readonly string[]

// Of the shell itself, and programs that a reader has or does not need to try an application out.
const known = new Set(['cd', 'echo', 'export', 'mkdir', 'sh', 'curl', 'openssl', 'psql', 'docker', 'az'])

/** The commands of a block of shell, in their order, without their settings of variables. */
export function commandsOf (code: string): Command[] {
  const lines = code.replaceAll('\\\n', ' ').split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((line) => line !== '')
  return lines.flatMap((line) => {
    const quoted: string[] = []
    const keep = (text: string): string => `\0${quoted.push(text) - 1}\0`
    const substituted: string[] = []
    const plain = line
      .replace(/\$\(([^]*)\)/g, (_all, inner: string) => { substituted.push(inner); return keep('…') })
      .replace(/"[^"]*"|'[^']*'/g, keep)
    const words = plain.split(/&&|\|\||[|;]/).map((part) => part.trim().split(/\s+/)
      .map((word) => word.replace(/\0(\d+)\0/g, (_all, index: string) => quoted[Number(index)]!))
      .filter((word, index, all) => !/^\w+=/.test(word) || all.slice(0, index).some((before) => !/^\w+=/.test(before))))
    return [...substituted.flatMap(commandsOf), ...words.filter((command) => command.length > 0)]
  })
}

/** What a project offers to a shell: the scripts of its package, its command line, its files. */
export interface Offered {
  readonly scripts: ReadonlySet<string>
  readonly packages: ReadonlySet<string>
  /** Of `npx fastify-entra`: the words of each command. */
  readonly subcommands: readonly string[]
  readonly exists: (file: string) => boolean
}

/** Why a command of a document would not do what the document says; `null` where it would. */
export function complaintAbout ([name, ...rest]: Command, offered: Offered): string | null {
  const words = rest.filter((word) => !word.startsWith('-'))
  if (name === 'npm') return aboutNpm(words, offered)
  if (name === 'npx') return aboutNpx(words, offered)
  if (name === 'node' || name === 'bash' || name!.endsWith('/node')) return words.every((word) => !/\.\w+$/.test(word) || offered.exists(word)) ? null : `no file ${words.join(', ')}`
  return known.has(name!) || isInstalled(name!) ? null : `no command ${name}`
}

function aboutNpm ([what, ...rest]: string[], { scripts, packages }: Offered): string | null {
  if (what === 'run') return scripts.has(rest[0]!) ? null : `no script ${rest[0]}`
  if (what === 'test' || what === 'ci' || what === 'pack') return null
  if (what !== 'install' && what !== 'uninstall') return `npm ${what} is not known here`
  const strange = rest.filter((name) => !packages.has(name))
  return strange.length === 0 ? null : `packages that this project does not know: ${strange.join(', ')}`
}

function aboutNpx ([program, ...rest]: string[], { subcommands }: Offered): string | null {
  if (program !== 'fastify-entra') return `npx ${program} is not of this project`
  return rest.length === 0 || subcommands.some((words) => `${rest.join(' ')} `.startsWith(`${words} `)) ? null : `fastify-entra has no command ${rest.join(' ')}`
}

function isInstalled (name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
}
