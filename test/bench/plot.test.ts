import t from 'tap'
import { plotOf, powersAround, ticksUpTo } from '../../bench/plot.ts'

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

t.test('on a logarithmic axis each power of ten is as far from the next, and names stand where no line is', async (t) => {
  t.same(powersAround(1_000, 1_000_000), [1_000, 10_000, 100_000, 1_000_000])
  t.same(powersAround(20, 50), [10, 100])
  t.same(powersAround(10, 10), [10, 100])
  const picture = plotOf({ title: 'x', x: 'people', y: 'µs', xLogarithmic: true, namesAt: 'bottom', lines: [{ name: 'one', points: [[1_000, 100], [10_000, 100], [1_000_000, 50]] }] })
  t.match(picture, '<path d="M64 44L288 44L736 176"')
  t.match(picture, />1,000,000<\/text>/)
  t.match(picture, '<text x="736" y="300" text-anchor="end" fill="#0072b2">one</text>')
})
