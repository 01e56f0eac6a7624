import { createHash } from 'node:crypto'
import { html, type SafeHtml } from '@remix-run/html-template'
import type { EndpointAnswer } from './types.ts'

const style = [
  ':root{color-scheme:light dark;--text:#1b1b1b;--page:#f3f3f3;--card:#fff;--quiet:#515151;--hover:#eaf3fb}',
  '@media (prefers-color-scheme:dark){:root{--text:#f3f3f3;--page:#17171c;--card:#26262e;--quiet:#c4c4c4;--hover:#34344a}}',
  'body{font:1rem/1.5 system-ui,sans-serif;margin:0;color:var(--text);background:var(--page);overflow-wrap:anywhere}',
  'header{background:#5c2e91;color:#fff;padding:.75rem 1rem}',
  'header p{margin:0 auto;max-width:40rem}',
  'main{max-width:40rem;margin:1.5rem auto;padding:0 1rem}',
  'ul{list-style:none;padding:0}',
  'li{margin:.5rem 0}',
  'button{font:inherit;color:inherit;text-align:left;width:100%;padding:.75rem 1rem;border:1px solid #767676;border-radius:.25rem;background:var(--card);cursor:pointer}',
  'button:hover{background:var(--hover)}',
  'button:focus-visible{outline:3px solid #0f6cbd;outline-offset:2px}',
  'button strong,button span{display:block}',
  '.quiet{color:var(--quiet)}',
  'pre{font:inherit;white-space:pre-wrap;padding:.75rem 1rem;border-radius:.25rem;background:var(--card)}',
  'main form>button{width:auto}'
].join('')

const styleSource = sourceOf(style)
// Microsoft's own page for response_mode=form_post does the same; without script its button does.
const submitScript = 'document.forms[0].submit()'
// Goes on as soon as all frames are there; without script its link does.
const goOnScript = 'addEventListener("load",()=>location.replace(document.querySelector("a.next").href))'

/** What a page needs beyond text. */
export interface PageNeeds {
  readonly status?: number
  /** Where its form may end, the simulator's own origin aside. */
  readonly formTarget?: string
  /** Whether its form is sent at once. */
  readonly submits?: boolean
  /** What it shows in frames. */
  readonly frames?: readonly string[]
  /** Whether it goes on by its link of the class `next` at once. */
  readonly goesOn?: boolean
}

/**
 * A page of the simulator. It says on top that this is not Microsoft.
 *
 * Chromium applies `form-action` to the redirects that follow a form as well
 * (https://github.com/w3c/webappsec-csp/issues/8), so the application's origin is named in it. Where the application sends
 * the browser on to, a front end at another origin for example, is its own affair, and nothing that Microsoft's pages hinder.
 */
export function page (title: string, content: SafeHtml, needs: PageNeeds = {}): EndpointAnswer {
  const { status = 200, formTarget, submits = false, frames = [], goesOn = false } = needs
  const script = submits ? submitScript : goesOn ? goOnScript : null
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - simulator</title>
<link rel="icon" href="data:,">
<style>${html.raw`${style}`}</style>
</head>
<body>
<header><p><strong>This is a simulator, not Microsoft.</strong> Nobody needs a password here.</p></header>
<main>
<h1>${title}</h1>
${content}
</main>
${script === null ? null : html.raw`<script>${script}</script>`}
</body>
</html>
`
  const policy = [
    "default-src 'none'",
    `style-src ${styleSource}`,
    'img-src data:',
    ...(script === null ? [] : [`script-src ${sourceOf(script)}`]),
    ...(frames.length === 0 ? [] : [`frame-src ${[...new Set(frames.map((frame) => new URL(frame).origin))].join(' ')}`]),
    `form-action 'self'${formTarget === undefined ? '' : ` ${new URL(formTarget).origin} http: https:`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'"
  ].join('; ')
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff'
    },
    body: String(document)
  }
}

function sourceOf (inline: string): string {
  return `'sha256-${createHash('sha256').update(inline).digest('base64')}'`
}

/** Hidden fields, one for each entry. */
export function hiddenFields (entries: Iterable<readonly [name: string, value: string]>): SafeHtml[] {
  return Array.from(entries, ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)
}
