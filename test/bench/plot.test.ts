import t from 'tap'
import { plotOf, ticksUpTo } from '../../bench/plot.ts'

t.test('axes begin at zero and end beyond the largest value, in round steps', async (t) => {
  t.same(ticksUpTo(0), [0, 0.1])
  t.same(ticksUpTo(1), [0, 0.2, 0.4, 0.6, 0.8, 1])
  t.same(ticksUpTo(201), [0, 50, 100, 150, 200, 250])
  for (const most of [0.3, 7, 12, 99, 1_234, 5_000_000]) {
    const ticks = ticksUpTo(most)
    t.ok(ticks.at(-1)! >= most && ticks.length <= 10, String(most))
  }
})

t.test('a plot has a line for each series, and its words are text and nothing else', async (t) => {
  const picture = plotOf({ title: '<script> & "quotes"', x: 'seconds', y: 'MB', lines: [{ name: 'one', points: [[0, 0], [10, 50]] }, { name: 'two', points: [[0, 50]] }] })
  t.match(picture, 'aria-label="&lt;script> &amp; &quot;quotes&quot;"')
  t.match(picture, '<path d="M64 308L736 44"')
  t.match(picture, '<path d="M64 44"')
})
