// Asks a Redis for an answer, in a process of its own: node redis-process.ts URL
import { openRedis } from '../../src/store/redis.ts'

try {
  const redis = await openRedis({ url: process.argv[2]!, prefix: '', onLost: () => {}, onBack: () => {} })
  console.log(await redis.send('PING'))
  redis.close()
} catch (error) {
  console.log((error as { code: string }).code)
}
