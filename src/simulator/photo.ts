import { pngOf } from './png.ts'
import type { SimulatedPhoto } from './types.ts'

const size = 96

/** A photo of nobody: 96 by 96 pixels of one colour, as PNG. */
export function examplePhoto (): SimulatedPhoto {
  const pixels = Buffer.alloc(3 * size * size, Buffer.from([0x5c, 0x2d, 0x91]))
  return { contentType: 'image/png', body: pngOf({ width: size, height: size, palette: null, pixels }) }
}
