import { existsSync } from 'node:fs'

/** Whether a service that is missing fails the tests that need it, as in continuous integration. */
export const servicesRequired: boolean = process.env.FASTIFY_ENTRA_SERVICES === 'required'

/** Debian's Chromium, or the one that CHROMIUM names. */
export const chromium: string = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Options for a test that needs Chromium: skipped with a clear word where it is missing. */
export function needsChromium (): { skip: string | false } {
  const missing = !existsSync(chromium) && !servicesRequired
  return { skip: missing ? `Chromium is not installed at ${chromium}; set CHROMIUM to its path` : false }
}

/** Options for a test that needs npm and its registry. */
export function needsRegistry (): { skip: string | false } {
  return { skip: servicesRequired ? false : 'set FASTIFY_ENTRA_SERVICES=required to let it install from the npm registry' }
}
