import { createHash } from 'node:crypto'
import { html, type SafeHtml } from '@remix-run/html-template'

const style = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; --line: #8886; --accent: #0b57b0; --on-accent: #fff }
@media (prefers-color-scheme: dark) { :root { --accent: #9cc7ff; --on-accent: #10131a } }
* { box-sizing: border-box }
body { margin: 0; padding: 1.5rem 1rem 3rem }
main { max-width: 40rem; margin: 0 auto }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 2rem 0 1rem }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem }
.notice { max-width: 40rem; margin: 0 auto; padding: .75rem 1rem; border: 2px solid; border-radius: .5rem }
.button { display: inline-block; font: inherit; padding: .625rem 1.25rem; border: 1px solid transparent; border-radius: .375rem; background: var(--accent); color: var(--on-accent); text-decoration: none; cursor: pointer }
.button:hover { text-decoration: underline }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
dl { display: grid; grid-template-columns: minmax(7rem, auto) 1fr; gap: .375rem 1rem; margin: 0 }
dt { font-weight: 600 }
dd { margin: 0; overflow-wrap: anywhere }
li { margin: .375rem 0 }
form { margin: 2rem 0 }
label { display: block; font-weight: 600; margin-bottom: .25rem }
.code { display: block; font: inherit; font-size: 1.5rem; letter-spacing: .25em; width: 100%; max-width: 14rem; padding: .5rem .75rem; margin-bottom: 1rem; border: 1px solid GrayText; border-radius: .375rem; background: Field; color: FieldText }
.problem { border-left: .25rem solid; padding-left: .75rem; font-weight: 600 }
.other { background: transparent; color: inherit; border-color: GrayText }
.choices { display: flex; flex-wrap: wrap; gap: .75rem }
.choices form { margin: 0 }
h3 { font-size: 1rem; margin: 1rem 0 .5rem }
.entries { list-style: none; padding: 0 }
.entries li { border-top: 1px solid var(--line); margin: 0; padding: .75rem 0; overflow-wrap: anywhere }
.entries form { margin: .5rem 0 0 }
.button:disabled { opacity: .6; cursor: default; text-decoration: none }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
`

const styleHash = createHash('sha256').update(style).digest('base64')

/**
 * The content security policy of our pages: their own style, forms that end
 * here, no script, no frame (RFC 9700 section 4.16, abuse case P23).
 */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  'img-src data:',
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'"
].join('; ')

/**
 * The same policy for a page whose form may lead to other origins: browsers
 * apply `form-action` to the redirects that follow a form as well
 * (https://github.com/w3c/webappsec-csp/issues/8).
 *
 * @param origins - Such as `https://spa.example`; none is the policy as it is.
 */
export function contentSecurityPolicyTo (origins: readonly string[]): string {
  return contentSecurityPolicy.replace("form-action 'self'", ["form-action 'self'", ...origins].join(' '))
}

/** What all pages have in common. */
export interface PageFrame {
  /** Whether the simulator stands in for Microsoft: every page says so. */
  readonly simulated: boolean
}

/** A whole document. */
export function page (title: string, { simulated }: PageFrame, content: SafeHtml): string {
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${html.raw`${style}`}</style>
</head>
<body>
${simulated ? simulationNotice : null}
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`)
}

const simulationNotice = html`<aside class="notice" aria-label="Simulator"><strong>Simulated Microsoft.</strong> No Azure registration is set, so a simulator on this machine stands in for Microsoft, and anybody on this machine can sign in as anyone. It never runs in production.</aside>`
