import type { Palette, Palettes } from './colors.ts'

function variables ({ background, surface, text, accent, onAccent }: Palette): string {
  return `--background: ${background}; --surface: ${surface}; --text: ${text}; --accent: ${accent}; --on-accent: ${onAccent}`
}

/**
 * The style of all pages: one column from 320 pixels on, either way of writing, light and dark, no script.
 *
 * Microsoft's button is as its branding guidelines ask: 41 pixels high, Segoe UI semibold of 15, the logo of 21 pixels
 * with 12 around it, and the colours of their light or dark theme
 * (https://learn.microsoft.com/entra/identity-platform/howto-add-branding-in-apps).
 */
export function styleOf ({ light, dark }: Palettes): string {
  return `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; ${variables(light)}; --line: color-mix(in srgb, var(--text) 22%, transparent); --ms-fill: #ffffff; --ms-line: #8c8c8c; --ms-text: #5e5e5e }
@media (prefers-color-scheme: dark) { :root { ${variables(dark)}; --ms-fill: #2f2f2f; --ms-line: #8c8c8c; --ms-text: #ffffff } }
* { box-sizing: border-box }
body { margin: 0; padding: 1.5rem 1rem 3rem; background: var(--background); color: var(--text); overflow-wrap: anywhere }
.logo, main, .notice { max-inline-size: 40rem; margin-inline: auto }
.logo { display: block; margin-block: 0 1.25rem }
.logo img { display: block; max-inline-size: 100%; max-block-size: 3rem }
main { padding: 1.5rem; background: var(--surface); border: 1px solid var(--line); border-radius: .75rem }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem }
h2 { font-size: 1.125rem; margin: 0 0 .5rem }
h3 { font-size: 1rem; margin: 1rem 0 .5rem }
section { margin-block-start: 1.5rem; padding-block-start: 1.5rem; border-block-start: 1px solid var(--line) }
p { margin: 0 0 1rem }
a { color: var(--accent) }
.notice { margin-block-end: 1.25rem; padding: .75rem 1rem; border: 2px solid; border-radius: .5rem; background: var(--surface) }
[role=status], .problem { border-inline-start: .25rem solid var(--accent); padding-inline-start: .75rem }
.problem { font-weight: 600 }
.button { display: inline-block; font: inherit; min-block-size: 2.75rem; padding: .5625rem 1.25rem; border: 1px solid transparent; border-radius: .375rem; background: var(--accent); color: var(--on-accent); text-align: center; text-decoration: none; cursor: pointer }
.button:hover, .microsoft:hover { text-decoration: underline }
.other { background: transparent; color: inherit; border-color: var(--text) }
.button:disabled { opacity: .6; cursor: default; text-decoration: none }
.microsoft { display: inline-flex; align-items: center; gap: 12px; min-block-size: 41px; padding: 4px 12px; border: 1px solid var(--ms-line); background: var(--ms-fill); color: var(--ms-text); font: 600 15px/20px "Segoe UI", "Segoe UI Web (West European)", system-ui, sans-serif; text-decoration: none }
.microsoft svg { flex: none }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
dl { display: grid; grid-template-columns: minmax(7rem, auto) 1fr; gap: .375rem 1rem; margin: 0 }
dt { font-weight: 600 }
dd { margin: 0 }
ul { padding-inline-start: 1.25rem; margin: 0 0 1rem }
li { margin-block: .375rem }
form { margin: 0 0 1rem }
label { display: block; font-weight: 600; margin-block-end: .25rem }
.code { display: block; direction: ltr; font: inherit; font-size: 1.5rem; letter-spacing: .25em; inline-size: 100%; max-inline-size: 14rem; padding: .5rem .75rem; margin-block-end: 1rem; border: 1px solid var(--text); border-radius: .375rem; background: var(--surface); color: var(--text) }
textarea { display: block; inline-size: 100%; padding: .5rem .75rem; margin-block-end: 1rem; border: 1px solid var(--text); border-radius: .375rem; background: var(--surface); color: var(--text); font: .875rem/1.5 ui-monospace, monospace; direction: ltr }
.choices { display: flex; flex-wrap: wrap; gap: .75rem; margin-block-end: 1rem }
.choices form { margin: 0 }
.entries { list-style: none; padding: 0 }
.entries li { border-block-start: 1px solid var(--line); margin: 0; padding-block: .75rem }
.entries li:first-child { border-block-start: 0 }
.entries p { margin: 0 }
.entries form, .entries .button { margin: .5rem 0 0 }
.tag { border: 1px solid; border-radius: 1rem; padding: 0 .5rem; font-size: .875rem; white-space: nowrap }
.small { font-size: .875rem; margin-block: 1.5rem 0 }
@media (max-width: 30rem) { main { padding: 1.25rem 1rem } dl { grid-template-columns: 1fr; gap: 0 } dd { margin-block-end: .5rem } }
`
}
