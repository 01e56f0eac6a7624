import { crc32, deflateSync } from 'node:zlib'
import type { SimulatedPhoto } from './types.ts'

const size = 96

/** A photo of nobody: 96 by 96 pixels of one colour, as PNG. */
export function examplePhoto (): SimulatedPhoto {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  // Eight bits for each of red, green and blue.
  header.set([8, 2], 8)
  const line = Buffer.concat([Buffer.alloc(1), Buffer.alloc(3 * size, Buffer.from([0x5c, 0x2d, 0x91]))])
  const pixels = deflateSync(Buffer.concat(Array.from({ length: size }, () => line)))
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return { contentType: 'image/png', body: Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]) }
}

/** Length, name, data and checksum of both. */
function chunk (name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}
