import type { FastifyRequest } from 'fastify'
import { signInOf } from '../sign-in.ts'

/** The page that a request asks for, as a sign-in may return to it; `null` where none may. */
export function returnTargetOf (request: FastifyRequest): string | null {
  return signInOf(request.server).allowedReturnTarget(encodeStray(request.url))
}

/** Browsers send some characters as they are that a return target has percent-encoded. */
function encodeStray (url: string): string {
  return url.replace(/["<>^`{|}]/g, encodeURIComponent)
}
