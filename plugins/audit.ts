import fp from 'fastify-plugin'
import type { FastifyPluginAsync } from 'fastify'
import { readOptions } from '../src/core/options.ts'
import { type Audit, createAudit } from '../src/events/audit.ts'
import { type AuditOptions, auditOptionRules } from '../src/events/options.ts'
import { createAuditStore } from '../src/store/audit.ts'
import { decorateInstance } from './decorators.ts'
import { signInOf } from './sign-in.ts'

export type { Audit } from '../src/events/audit.ts'
export type { AuditOptions } from '../src/events/options.ts'
export type { AuditEntry, AuditQuery } from '../src/events/types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Who did what, when, by which evidence, with what outcome. Not there with `audit: false`. */
    audit: Audit
  }
}

/** Writes down what has happened. A sign-in that cannot be written down is none. */
const audit: FastifyPluginAsync<AuditOptions> = async (app, given) => {
  const options = readOptions<AuditOptions>('fastify-entra/audit', auditOptionRules, given)
  if (!options.audit!) return
  const signIn = signInOf(app)
  const { record, ...trail } = createAudit({
    store: createAuditStore(signIn.database),
    environment: signIn.config.environment,
    addressKey: options.auditAddresses! ? null : signIn.keys('address')[0]!,
    retention: options.auditRetention!
  })
  signIn.record(record)
  signIn.isAudited = true
  signIn.auditOf = trail.export
  decorateInstance(app, options.auditDecorator!, 'auditDecorator', Object.freeze(trail))
}

const plugin: FastifyPluginAsync<AuditOptions> = fp(audit, {
  name: 'fastify-entra/audit',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider']
})
export default plugin
