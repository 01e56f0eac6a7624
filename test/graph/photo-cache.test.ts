import t from 'tap'
import { createPhotoCache } from '../../src/graph/photo-cache.ts'
import type { Photo } from '../../src/graph/photo.ts'

const photo = { type: 'image/jpeg', body: Buffer.from('a picture'), etag: '"1"' } as unknown as Photo

t.test('who comes while a photo is fetched, or just after, fetches none', async (t) => {
  const cache = createPhotoCache({ now: () => 0 })
  let fetched = 0
  const fetch = async (): Promise<Photo> => {
    fetched += 1
    return photo
  }
  t.same(await Promise.all([cache.fetch('ada', fetch), cache.fetch('ada', fetch)]), [photo, photo])
  t.equal(await cache.fetch('ada', fetch), photo)
  t.equal(fetched, 1)
  await cache.fetch('kim', fetch)
  t.equal(fetched, 2)
})
