import t from 'tap'
import { createQueue } from '../../src/store/queue.ts'

const late = () => new Error('late')

t.test('one is in at a time, and turns come in order', async (t) => {
  const queue = createQueue(60_000, late)
  const order: string[] = []
  let inside = 0
  await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => {
    await queue.enter()
    t.equal(++inside, 1)
    order.push(name)
    await new Promise(setImmediate)
    inside--
    queue.leave()
  }))
  t.same(order, ['a', 'b', 'c', 'd'])
})

t.test('who waits too long is told so, and holds nobody up', async (t) => {
  const queue = createQueue(5, late)
  await queue.enter()
  await t.rejects(queue.enter(), { message: 'late' })
  const next = queue.enter()
  queue.leave()
  await next
  queue.leave()
  await queue.enter()
  t.pass('the queue is free again')
})
