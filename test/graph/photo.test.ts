import t from 'tap'
import { refuse } from '../../src/core/errors.ts'
import { createPhotoCache } from '../../src/graph/photo-cache.ts'
import { fetchPhoto, type Photo } from '../../src/graph/photo.ts'
import { refusalOf } from '../verification/tokens.ts'

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0])

function graph (answer: () => Response) {
  const asked: Array<[url: string, headers: Headers, redirect: string]> = []
  const fetch = async (...parameters: Parameters<typeof globalThis.fetch>): Promise<Response> => {
    const request = new Request(...parameters)
    asked.push([request.url, request.headers, request.redirect])
    return answer()
  }
  return { asked, photo: async () => await fetchPhoto('https://graph.microsoft.com', 'the-token', { fetch }) }
}

const picture = (contentType: string | null, body: Uint8Array<ArrayBuffer> = Buffer.from(jpeg)): Response =>
  new Response(body, { headers: contentType === null ? {} : { 'content-type': contentType } })

t.test('the photo of whoever\'s token it is, and of nobody else (T40)', async (t) => {
  const { asked, photo } = graph(() => picture('Image/JPEG; x=y'))
  const answer = await photo()
  t.match(answer, { photo: { contentType: 'image/jpeg', body: jpeg, etag: /^"[\w-]{22}"$/ } })
  const [[url, headers, redirect]] = asked as [typeof asked[0]]
  t.equal(url, 'https://graph.microsoft.com/v1.0/me/photos/96x96/$value')
  t.equal(headers.get('authorization'), 'Bearer the-token')
  t.equal(redirect, 'manual')
  t.not((await graph(() => picture('image/png', Buffer.from('other'))).photo() as { photo: Photo }).photo.etag, (answer as { photo: Photo }).photo.etag)
})

t.test('no photo is no error, and a token that is refused is said', async (t) => {
  t.same(await graph(() => Response.json({ error: { code: 'ImageNotFound' } }, { status: 404 })).photo(), { photo: null })
  t.same(await graph(() => picture('image/jpeg', new Uint8Array())).photo(), { photo: null })
  t.equal(await graph(() => Response.json({}, { status: 401 })).photo(), 'token_refused')
})

t.test('what is no picture, too large, or sent elsewhere is refused', async (t) => {
  const refused = async (answer: () => Response): Promise<string> => await refusalOf(graph(answer).photo())
  for (const type of ['image/svg+xml', 'text/html', 'application/json', 'image/jpegx', 'image/*', '', null]) t.equal(await refused(() => picture(type)), 'provider_error photo_content_type', String(type))
  t.equal(await refused(() => picture('image/jpeg', Buffer.alloc(262_145))), 'provider_error photo_too_large')
  t.equal(await refusalOf(graph(() => picture('image/jpeg', Buffer.alloc(262_144))).photo()), 'holds', 'control')
  t.equal(await refused(() => Response.redirect('https://evil.example/', 302)), 'provider_error photo_status_302')
  t.equal(await refused(() => Response.json({}, { status: 403 })), 'provider_error photo_status_403')
  t.equal(await refused(() => Response.json({}, { status: 503 })), 'provider_unavailable photo_status_503')
  t.equal(await refused(() => { throw new TypeError('no way') }), 'provider_unavailable photo_connection')
})

const photoOf = (size: number): Photo => ({ contentType: 'image/png', body: Buffer.alloc(size), etag: '"x"' })

t.test('a photo is kept for an hour, that there is none for ten minutes', async (t) => {
  const clock = { now: 1_000_000 }
  const cache = createPhotoCache({ now: () => clock.now })
  const photo = photoOf(10)
  t.equal(await cache.fetch('ada', async () => photo), photo)
  t.equal(await cache.fetch('vera', async () => null), null)
  t.equal(cache.find('ada'), photo)
  t.equal(cache.find('vera'), null)
  t.equal(cache.find('carl'), undefined)
  clock.now += 599_999
  t.equal(cache.find('vera'), null)
  clock.now += 1
  t.equal(cache.find('vera'), undefined)
  clock.now += 3_000_000 - 1
  t.equal(cache.find('ada'), photo)
  clock.now += 1
  t.equal(cache.find('ada'), undefined)
  await cache.fetch('ada', async () => photo)
  cache.forget('ada')
  t.equal(cache.find('ada'), undefined)
})

t.test('many who ask at a time share one request, and what failed is asked for again', async (t) => {
  const cache = createPhotoCache({ now: () => 0 })
  let asked = 0
  const fetch = async (): Promise<Photo | null> => {
    if (++asked === 1) throw refuse('provider_timeout', 'photo_timeout')
    return photoOf(1)
  }
  const failed = await Promise.allSettled(Array.from({ length: 20 }, async () => await cache.fetch('ada', fetch)))
  t.ok(failed.every(({ status }) => status === 'rejected'))
  t.equal(asked, 1)
  t.equal(cache.find('ada'), undefined)
  await Promise.all(Array.from({ length: 20 }, async () => await cache.fetch('ada', fetch)))
  t.equal(asked, 2)
})

t.test('all photos together have a bound, and who was not asked for longest goes first', async (t) => {
  const cache = createPhotoCache({ now: () => 0 }, 3 * (512 + 100))
  for (const key of ['a', 'b', 'c']) await cache.fetch(key, async () => photoOf(100))
  t.ok(cache.find('a'))
  await cache.fetch('d', async () => photoOf(100))
  t.same(['a', 'b', 'c', 'd'].filter((key) => cache.find(key) !== undefined), ['a', 'c', 'd'])
  await cache.fetch('e', async () => photoOf(10_000))
  t.equal(cache.find('e'), undefined, 'one that is larger than all the room is not kept')
  for (let key = 0; key < 20; key++) await cache.fetch(String(key), async () => null)
  t.equal(Array.from({ length: 20 }, (_, key) => cache.find(String(key))).filter((found) => found === null).length, 3, 'that there is none takes some, too')
})
