import type { FastifyRequest } from 'fastify'
import { mayBeNavigation, wantsPage } from '../src/core/request-origin.ts'
import { signInOf } from './sign-in.ts'

/** Whether somebody opens a page by this request: then a redirect is an answer, and the page can be come back to. */
export function isPage ({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean {
  return method === 'GET' && wantsPage(headers) && mayBeNavigation(headers)
}

/** The address of a request as a sign-in may end at it; `null` where it may not. */
export function returnTargetOf (request: Pick<FastifyRequest, 'url' | 'server'>): string | null {
  return signInOf(request.server).allowedReturnTarget(encodeStray(request.url))
}

/** Browsers send some characters as they are that a return target has percent-encoded. */
function encodeStray (url: string): string {
  return url.replace(/["<>^`{|}]/g, encodeURIComponent)
}
