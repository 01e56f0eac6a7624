import { html, type SafeHtml } from '@remix-run/html-template'
import type { Explanation, Forecast, PresetForecast } from '../diagnosis/explanation.ts'
import type { Rule } from '../diagnosis/rules.ts'

const states = { holds: 'Holds', broken: 'Broken', unchecked: 'Not checked' } as const

/** A token, rule by rule. */
export function explanationSection ({ token, rules, claims, email, sentences, forecasts, presets }: Explanation): SafeHtml {
  return html`<p><strong>${token.outcome === 'accepted' ? 'Accepted, as far as it was checked.' : `Refused: ${token.code} (${token.reason}).`}</strong></p>
${email === null
? null
: html`<h3>Address</h3>
<p>${email.canonical ?? 'None'}, score ${email.score}.</p>
<ul>
${sentences.map((sentence) => html`<li>${sentence}</li>\n`)}</ul>
<h3>Linking</h3>
<ul>
${forecasts.map(forecastEntry)}</ul>
<h3>Under each preset</h3>
<ul>
${presets.map(presetEntry)}</ul>`}
<h3>Rules</h3>
<ul>
${rules.map(ruleEntry)}</ul>
${claims === null
? null
: html`<h3>Claims</h3>
<dl>
${Object.entries(claims).map(([name, value]) => html`<dt>${name}</dt><dd>${JSON.stringify(value)}</dd>\n`)}</dl>`}`
}

function forecastEntry ({ title, row, sentence }: Forecast): SafeHtml {
  return html`<li>${title}: ${row}. ${sentence}</li>
`
}

function presetEntry ({ preset, email: { score, verified }, forecasts: [first] }: PresetForecast): SafeHtml {
  return html`<li><strong>${preset}</strong>: score ${score}, ${verified ? 'verified' : 'not verified'}. ${first!.title}: ${first!.row}. ${first!.sentence}</li>
`
}

function ruleEntry ({ state, sentence, note }: Rule): SafeHtml {
  return html`<li><strong>${states[state]}</strong>: ${sentence}${note === null ? null : html` ${note}`}</li>
`
}
