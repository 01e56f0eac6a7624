import type { FastifyInstance } from 'fastify'
import { endpointsOf } from '../../src/core/authority.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { AuthEventReport, ReportEvent } from '../../src/core/events.ts'
import { createExpiryWatch, type ExpiryWarning } from '../../src/credentials/expiry.ts'
import { prepareCredentials } from '../../src/credentials/prepare.ts'
import { createCredentialRing, type CredentialRing } from '../../src/credentials/ring.ts'
import type { CredentialFailure } from '../../src/credentials/types.ts'
import type { ProviderConfig } from '../../src/provider/config.ts'

/**
 * The credentials of the configuration, whose failures are logged at once, by name and never by value.
 *
 * @param report - Tells of `credential_failed`. Default: nobody is told.
 * @throws ConfigurationError where one is wrong.
 */
export function openCredentials (app: FastifyInstance, config: ProviderConfig, report: ReportEvent = async () => {}): CredentialRing {
  const { clientId, environment } = config
  const tokenEndpoint = endpointsOf(config.authority, config.tenant).token
  const credentials = prepareCredentials(config.credentials, { clientId, tokenEndpoint, environment })
  return createCredentialRing(credentials, environment, {
    failed: (credential, failure) => {
      app.log.error({ credential, ...failure }, 'Microsoft did not take a credential of this application')
      tell(app, report, { type: 'credential_failed', code: 'provider_error', reason: `${credential}: ${reasonOf(failure)}` })
    },
    recovered: (credential) => app.log.info({ credential }, 'a credential of this application works again'),
    exhausted: () => app.log.error('no credential of this application works: nobody can sign in')
  })
}

function reasonOf ({ aadsts, reason }: CredentialFailure): string {
  return aadsts === undefined ? reason : `AADSTS${aadsts}`
}

/** Does something once a day; gives what ends it. */
export type Schedule = (work: () => void) => () => void

const day = 86_400_000

/** Keeps no process alive that has nothing else to do. */
export const daily: Schedule = (work) => {
  const timer = setInterval(work, day).unref()
  return () => clearInterval(timer)
}

/** Warns of credentials that end within 60, 30 and 7 days: when the server is ready, and once a day until it closes. */
export function watchExpiry (
  app: FastifyInstance, { credentials }: CredentialRing, { now }: Pick<Environment, 'now'>, report: ReportEvent, schedule: Schedule = daily
): void {
  const watch = createExpiryWatch(credentials, now)
  const warn = (): void => watch().forEach((warning) => warnOf(app, report, warning))
  let stop = (): void => {}
  app.addHook('onReady', async () => {
    warn()
    stop = schedule(warn)
  })
  app.addHook('onClose', async () => stop())
}

function warnOf (app: FastifyInstance, report: ReportEvent, { name, stage, daysLeft, expiresAt, isNew }: ExpiryWarning): void {
  const entry = { credential: name, daysLeft, expiresAt: new Date(expiresAt).toISOString() }
  if (stage === 0) app.log.error(entry, 'a credential of this application has expired: make a new one and take this one out of the options')
  else if (stage === 7) app.log.error(entry, 'a credential of this application expires within 7 days: make a new one')
  else app.log.warn(entry, `a credential of this application expires within ${stage} days: make a new one`)
  if (isNew) tell(app, report, { type: 'credential_expiring', reason: `${name}: ${stage === 0 ? 'expired' : `within ${stage} days`}` })
}

/** Nobody waits for it: neither a sign-in nor the boot fails since somebody could not be told. */
function tell (app: FastifyInstance, report: ReportEvent, event: AuthEventReport): void {
  void report(event).catch(() => app.log.error({ event: event.type }, 'an event could not be told'))
}
