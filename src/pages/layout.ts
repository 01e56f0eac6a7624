import { html, type SafeHtml } from '@remix-run/html-template'
import { contextIn } from './context.ts'
import { type Language, ownLanguages } from './language.ts'
import { defaultLook, type Look, type PageLogo } from './look.ts'
import type { Say } from './say.ts'

export { contentSecurityPolicy } from './policy.ts'

/** What a page says, without what all pages have in common. */
export interface PageParts {
  /** Text without markup: a browser's tab shows it, too. */
  readonly title: SafeHtml | string
  /** Below the heading, which is the title. */
  readonly content: SafeHtml
}

/** What all pages have in common. */
export interface PageFrame {
  /** Whether the simulator stands in for Microsoft: every page says so. */
  readonly simulated: boolean
  /** English where it is left out. */
  readonly language?: Language | undefined
  /** Our own where it is left out. */
  readonly look?: Look | undefined
}

/** A whole document. */
export function page (title: SafeHtml | string, { simulated, language = ownLanguages[0]!, look = defaultLook }: PageFrame, content: SafeHtml): string {
  return String(html`<!doctype html>
<html lang="${language.tag}" dir="${language.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${html.raw`${look.style}`}</style>
</head>
<body>
${simulated ? simulationNotice(contextIn(language).say) : null}
${look.logo === null ? null : picture(look.logo)}
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`)
}

function simulationNotice (say: Say): SafeHtml {
  return html`<aside class="notice" aria-label="${say('simulated.label')}"><strong>${say('simulated.name')}</strong> ${say('simulated.text')}</aside>`
}

function picture ({ src, alt }: PageLogo): SafeHtml {
  return html`<header class="logo"><img src="${src}" alt="${alt}"></header>`
}
