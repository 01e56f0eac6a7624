import { createHash } from 'node:crypto'
import t from 'tap'
import { defaultPalettes, readColors } from '../../src/pages/colors.ts'
import { contrastOf } from '../../src/pages/contrast.ts'
import { ownLanguages } from '../../src/pages/language.ts'
import { createLook } from '../../src/pages/look.ts'
import { createRenderer } from '../../src/pages/renderer.ts'
import { views } from './views.ts'

const drawn = (look: Parameters<typeof createLook>[0]) => createRenderer({ simulated: false, look: createLook(look), languages: ownLanguages })
  .render('signIn', views.signIn, { language: ownLanguages[0]! })

t.test('contrast is as WCAG has it', async (t) => {
  t.equal(contrastOf('#000000', '#ffffff'), 21)
  t.equal(contrastOf('#ffffff', '#ffffff'), 1)
  t.equal(contrastOf('#777777', '#FFFFFF').toFixed(2), '4.48')
  t.equal(contrastOf('#ffffff', '#767676').toFixed(2), '4.54')
})

t.test('our own colours pass where somebody can tell them apart at seven to one, and so does Microsoft\'s button at its own', async (t) => {
  for (const { text, surface, background } of [defaultPalettes.light, defaultPalettes.dark]) t.ok(contrastOf(text, surface) > 7 && contrastOf(text, background) > 7)
  t.ok(contrastOf('#5e5e5e', '#ffffff') >= 4.5)
  t.ok(contrastOf('#ffffff', '#2f2f2f') >= 4.5)
  t.ok(contrastOf('#8c8c8c', '#ffffff') >= 3)
})

t.test('colours of the application\'s own take the place of ours, and the policy goes with them', async (t) => {
  const { document, policy } = drawn({ colors: { light: { accent: '#7a1fa2' }, dark: { accent: '#d7a8f0' } } })
  const [, style] = /<style>([^]*?)<\/style>/.exec(document)!
  t.match(style, '--accent: #7a1fa2')
  t.match(style, '--accent: #d7a8f0')
  t.match(policy, `style-src 'sha256-${createHash('sha256').update(style!).digest('base64')}'`)
})

t.test('colours that people could not tell apart are refused, with the ratio', async (t) => {
  for (const [colors, words] of [
    [{ light: { accent: '#ffcc00' } }, 'fastify-entra/pages: option "pageColors.light" has "accent" #ffcc00 on "surface" #ffffff, a contrast of 1.51 to 1, and it must be 4.5 to 1 (WCAG 2.2, 1.4.3).'],
    [{ light: { text: '#888888' } }, '"text" #888888 on "surface" #ffffff, a contrast of 3.54 to 1'],
    [{ light: { background: '#333333' } }, '"text" #1a1d23 on "background" #333333'],
    [{ dark: { onAccent: '#ffffff' } }, 'option "pageColors.dark" has "onAccent" #ffffff on "accent" #9cc7ff'],
    [{ light: { background: '#5a7fb0', text: '#000000' } }, '"accent" #0b57b0 on "background" #5a7fb0, a contrast of 1.69 to 1, and it must be 3 to 1 (WCAG 2.2, 1.4.11)']
  ] as const) t.throws(() => readColors(colors), { message: new RegExp(words.replace(/[.()]/g, '\\$&')) })
  t.ok(readColors({ light: { accent: '#767676', background: '#ffffff' } }), 'one that can just be told apart')
})

t.test('what is no colour, and what has no name, is refused by name', async (t) => {
  for (const value of ['red', '#fff', '#12345g', 'url(x)', '#000000;}', 7, null]) t.throws(() => readColors({ light: { text: value as string } }), { message: /"pageColors\.light\.text" must be a colour as "#0b57b0"/ })
  t.throws(() => readColors({ light: { link: '#000000' } as object }), { message: /"pageColors\.light" has no "link"\. It has "background", "surface", "text", "accent", "onAccent"/ })
  t.throws(() => readColors({ night: {} } as object), { message: /"pageColors" has no "night"/ })
})

t.test('a logo stands above each page; one of this site is let in by the policy, one in the page is in already', async (t) => {
  const own = drawn({ logo: { src: '/logo.svg', alt: 'Contoso "&"' } })
  t.match(own.document, '<header class="logo"><img src="/logo.svg" alt="Contoso &quot;&amp;&quot;"></header>')
  t.match(own.policy, "img-src 'self' data:;")
  t.match(drawn({ logo: { src: 'data:image/png;base64,AA==', alt: 'Contoso' } }).policy, 'img-src data:;')
  t.notMatch(drawn({}).document, '<img')
})
