import { html } from '@remix-run/html-template'
import { redirectAnswer } from './answers.ts'
import type { Requester } from './authorization-request.ts'
import { hiddenFields, page } from './page.ts'
import type { EndpointAnswer } from './types.ts'

/**
 * Sends the answer to an authorization request to the redirect URI, in the
 * response mode that was asked for.
 */
export function authorizationResponse (
  requester: Pick<Requester, 'redirectUri' | 'responseMode' | 'state'>,
  parameters: Readonly<Record<string, string>>, method: string
): EndpointAnswer {
  const { redirectUri, responseMode, state } = requester
  const all = state === undefined ? parameters : { ...parameters, state }
  if (responseMode === 'form_post') return formPost(redirectUri, all)
  const url = new URL(redirectUri)
  if (responseMode === 'fragment') {
    url.hash = new URLSearchParams(all).toString()
  } else {
    for (const [name, value] of Object.entries(all)) url.searchParams.append(name, value)
  }
  return redirectAnswer(url.href, method)
}

/** OAuth 2.0 Form Post Response Mode. */
function formPost (redirectUri: string, parameters: Readonly<Record<string, string>>): EndpointAnswer {
  const form = html`<form method="post" action="${redirectUri}">
${hiddenFields(Object.entries(parameters))}<button type="submit">Go on</button>
</form>`
  return page('Back to the application', form, { formTarget: redirectUri, submits: true })
}
