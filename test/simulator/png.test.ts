import { crc32, inflateSync } from 'node:zlib'
import t from 'tap'
import { pngOf } from '../../src/simulator/png.ts'

interface Chunk { readonly name: string, readonly data: Buffer, readonly holds: boolean }

/** Takes a picture apart (PNG 3rd edition, section 5.3). */
function chunksOf (picture: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 8; at < picture.length;) {
    const length = picture.readUInt32BE(at)
    const named = picture.subarray(at + 4, at + 8 + length)
    chunks.push({ name: named.toString('latin1', 0, 4), data: named.subarray(4), holds: crc32(named) === picture.readUInt32BE(at + 8 + length) })
    at += length + 12
  }
  return chunks
}

t.test('a picture whose pixels have their colours is written as such, row by row', async (t) => {
  const chunks = chunksOf(pngOf({ width: 2, height: 2, palette: null, pixels: Uint8Array.from({ length: 12 }, (_, index) => index) }))
  t.same(chunks.map(({ name, holds }) => [name, holds]), [['IHDR', true], ['IDAT', true], ['IEND', true]])
  t.same([...chunks[0]!.data], [0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0])
  t.same([...inflateSync(chunks[1]!.data)], [0, 0, 1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 10, 11])
})

t.test('a picture with a palette has it before its pixels', async (t) => {
  const chunks = chunksOf(pngOf({ width: 3, height: 1, palette: [255, 0, 0, 0, 0, 255], pixels: Uint8Array.of(0, 1, 0) }))
  t.same(chunks.map(({ name, holds }) => [name, holds]), [['IHDR', true], ['PLTE', true], ['IDAT', true], ['IEND', true]])
  t.same([...chunks[0]!.data], [0, 0, 0, 3, 0, 0, 0, 1, 8, 3, 0, 0, 0])
  t.same([...chunks[1]!.data], [255, 0, 0, 0, 0, 255])
  t.same([...inflateSync(chunks[2]!.data)], [0, 0, 1, 0])
})
