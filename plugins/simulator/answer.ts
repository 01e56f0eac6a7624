import type { LightMyRequestResponse } from 'fastify'

/** What Microsoft's page sends the browser back with. */
export interface Answer {
  readonly url: URL
  readonly parameters: URLSearchParams
  /** Whether a form is posted: response mode `form_post`. */
  readonly isPosted: boolean
}

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }

/** Reads the answer from a redirect, or from the form that the simulator's page posts by itself; `null` where it is neither. */
export function readAnswer ({ headers: { location }, body }: LightMyRequestResponse): Answer | null {
  if (location !== undefined) {
    const url = new URL(location)
    return { url, parameters: url.searchParams, isPosted: false }
  }
  const [, action, inside] = /<form method="post" action="([^"]+:[^"]+)">([^]*?)<\/form>/.exec(body) ?? []
  if (action === undefined) return null
  const parameters = new URLSearchParams()
  for (const [, name, value] of inside!.matchAll(/name="([^"]+)" value="([^"]*)"/g)) parameters.append(unescape(name!), unescape(value!))
  return { url: new URL(unescape(action)), parameters, isPosted: true }
}

function unescape (text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity]!)
}
