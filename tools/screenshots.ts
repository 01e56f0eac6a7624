// Draws docs/screenshots: node tools/screenshots.ts
//
// Every page in Chromium (or the one that CHROMIUM names) at 360 and 1280 pixels, light and dark, on a few sheets.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { serveSamples } from './page-samples.ts'
import { pngOf } from '../src/simulator/png.ts'

const target = join(import.meta.dirname, '../docs/screenshots')
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const quiet = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync']

const signingIn = ['sign-in', 'code', 'email-in-use', 'admin-consent', 'expired']
const apps = ['consent', 'app-sign-out', 'app-signed-out', 'app-error', 'go-on', 'no-error', 'code-none', 'sign-in-simulated']
const languages = ['sign-in-de', 'email-in-use-de', 'sign-in-ar', 'code-ar']

interface Sheet {
  readonly name: string
  readonly pages: readonly string[]
  readonly width: number
  readonly scheme: 'light' | 'dark'
  /** How wide each page is on the sheet. */
  readonly shown: number
  readonly columns: number
}

const sheets: Sheet[] = (['light', 'dark'] as const).flatMap((scheme) => [
  { name: `phone-${scheme}`, pages: signingIn, width: 360, scheme, shown: 240, columns: 5 },
  { name: `desktop-${scheme}`, pages: signingIn, width: 1280, scheme, shown: 480, columns: 3 },
  { name: `account-phone-${scheme}`, pages: ['account'], width: 360, scheme, shown: 240, columns: 1 },
  { name: `account-desktop-${scheme}`, pages: ['account'], width: 1280, scheme, shown: 800, columns: 1 },
  { name: `apps-phone-${scheme}`, pages: apps, width: 360, scheme, shown: 240, columns: 4 },
  { name: `apps-desktop-${scheme}`, pages: apps, width: 1280, scheme, shown: 480, columns: 3 }
])
sheets.push({ name: 'languages', pages: languages, width: 360, scheme: 'light', shown: 240, columns: 4 })

/** Forty colours are enough for pages: the four of Microsoft's logo, the most frequent ones of a coarse count, and each pixel the nearest of them. */
const quantise = `(async (source) => {
  const image = new Image()
  image.src = source
  await image.decode()
  const canvas = new OffscreenCanvas(image.width, image.height)
  const context = canvas.getContext('2d')
  context.drawImage(image, 0, 0)
  const { data } = context.getImageData(0, 0, image.width, image.height)
  const counts = new Map()
  for (let at = 0; at < data.length; at += 4) {
    const color = (data[at] & 0xf8) << 16 | (data[at + 1] & 0xf8) << 8 | data[at + 2] & 0xf8
    const known = counts.get(color)
    if (known === undefined) counts.set(color, [1, data[at], data[at + 1], data[at + 2]])
    else known[0]++
  }
  const logo = [[0xf2, 0x50, 0x22], [0x7f, 0xba, 0x00], [0x00, 0xa4, 0xef], [0xff, 0xb9, 0x00]]
  const palette = [...logo, ...[...counts.values()].sort((a, b) => b[0] - a[0]).slice(0, 36).map(([, ...color]) => color)]
  const nearest = new Map()
  const pixels = new Uint8Array(data.length / 4)
  for (let at = 0; at < data.length; at += 4) {
    const key = data[at] << 16 | data[at + 1] << 8 | data[at + 2]
    if (!nearest.has(key)) {
      const far = palette.map(([r, g, b]) => (r - data[at]) ** 2 + (g - data[at + 1]) ** 2 + (b - data[at + 2]) ** 2)
      nearest.set(key, far.indexOf(Math.min(...far)))
    }
    pixels[at / 4] = nearest.get(key)
  }
  return JSON.stringify({ width: image.width, height: image.height, palette: palette.flat(), pixels: btoa(Array.from(pixels, (byte) => String.fromCharCode(byte)).join('')) })
})`

async function pictureOf (browser: Browser, baseUrl: string, name: string, { width, scheme }: Sheet): Promise<string> {
  const context = await browser.newContext({ viewport: { width, height: 320 }, colorScheme: scheme })
  const page = await context.newPage()
  await page.goto(`${baseUrl}/${name}`)
  await page.evaluate('document.activeElement.blur()')
  const picture = await page.screenshot({ fullPage: true })
  await context.close()
  return `data:image/png;base64,${picture.toString('base64')}`
}

async function drawSheet (browser: Browser, baseUrl: string, sheet: Sheet): Promise<Buffer> {
  const pictures: string[] = []
  for (const name of sheet.pages) pictures.push(await pictureOf(browser, baseUrl, name, sheet))
  const { columns, shown } = sheet
  const page = await browser.newPage({ viewport: { width: columns * (shown + 12) + 12, height: 200 } })
  await page.setContent(`<style>body { margin: 0; padding: 12px; background: #8a93a3; display: grid; grid-template-columns: repeat(${columns}, ${shown}px); gap: 12px; align-items: start } img { width: ${shown}px }</style>${pictures.map((source) => `<img src="${source}">`).join('')}`)
  const picture = await page.screenshot({ fullPage: true })
  const { pixels, ...rest } = JSON.parse(await page.evaluate(`${quantise}('data:image/png;base64,${picture.toString('base64')}')`) as string)
  await page.close()
  return pngOf({ ...rest, pixels: Buffer.from(pixels, 'base64') })
}

mkdirSync(target, { recursive: true })
const server = await serveSamples()
const browser = await chromium.launch({ executablePath, args: quiet })
for (const sheet of sheets) {
  const png = await drawSheet(browser, server.baseUrl, sheet)
  writeFileSync(join(target, `${sheet.name}.png`), png)
  console.log(`docs/screenshots/${sheet.name}.png: ${Math.ceil(png.length / 1024)} KiB`)
}
await browser.close()
await server.close()
