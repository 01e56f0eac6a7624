import type { Surroundings } from './command.ts'

export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold'

const codes: Readonly<Record<Colour, readonly [on: number, off: number]>> = { red: [31, 39], yellow: [33, 39], green: [32, 39], dim: [2, 22], bold: [1, 22] }

/** Colours a text. */
export type Paint = (colour: Colour, text: string) => string

/** Colours for a terminal, unless its user wants none (https://no-color.org); for anything else, and a dumb one, the text as it is. */
export function paintFor ({ isTerminal, variables }: Pick<Surroundings, 'isTerminal' | 'variables'>): Paint {
  const isPlain = !isTerminal || (variables.NO_COLOR ?? '') !== '' || variables.TERM === 'dumb'
  return (colour, text) => isPlain ? text : `\x1b[${codes[colour][0]}m${text}\x1b[${codes[colour][1]}m`
}
