import { crc32, deflateSync } from 'node:zlib'

/** How pixels are written: red, green and blue each time, or the place of a colour in the palette (PNG 3rd edition, section 11.2.1). */
const colorTypes = { trueColor: 2, palette: 3 } as const

/** A picture of eight bits for each sample. */
export interface Picture {
  readonly width: number
  readonly height: number
  /** Red, green and blue of each colour, one after the other; `null` where the pixels have them themselves. */
  readonly palette: readonly number[] | null
  /** Row by row. */
  readonly pixels: Uint8Array
}

/** The picture as a PNG (PNG 3rd edition, sections 5 and 11.2). */
export function pngOf ({ width, height, palette, pixels }: Picture): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, palette === null ? colorTypes.trueColor : colorTypes.palette], 8)
  const length = pixels.length / height
  const rows = Buffer.alloc((length + 1) * height)
  for (let row = 0; row < height; row++) rows.set(pixels.subarray(row * length, (row + 1) * length), row * (length + 1) + 1)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const colors = palette === null ? [] : [chunk('PLTE', Buffer.from(palette))]
  return Buffer.concat([signature, chunk('IHDR', header), ...colors, chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

/** Length, name, data and checksum of both. */
function chunk (name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}
