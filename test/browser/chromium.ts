import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, chromium as playwright, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { chromium } from '../services.ts'

// Flags that keep Chromium from looking for anything outside this machine.
const quiet = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Milliseconds for whatever the browser does: a busy machine needs many. */
export const patience = 120_000

/** Starts Chromium, and ends it with the test. */
export async function launchChromium (t: Pick<Test, 'teardown'>, ...flags: string[]): Promise<Browser> {
  const browser = await playwright.launch({ executablePath: chromium, args: [...quiet, ...flags], timeout: patience })
  t.teardown(async () => await browser.close())
  return browser
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on a page, the rules of WCAG 2.2 AA and its best practices. It is put there by the browser's own tools, past the page's policy. */
export async function faultsOf (page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: axe })
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join())))', awaitPromise: true
  })
  return JSON.parse(String(result.value)) as string[]
}
