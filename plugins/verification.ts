import fp from 'fastify-plugin'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { is, type OptionRules, readOptions } from '../src/core/options.ts'
import type { Authorization } from '../src/provider/types.ts'
import { proveMailbox } from '../src/verification/prove-mailbox.ts'
import { resolveVerification, type VerificationOptions, verificationOptionRules } from '../src/verification/options.ts'
import { allowedRoles } from '../src/verification/roles.ts'
import { remarksOn } from '../src/verification/remarks.ts'
import type { ScoredEmail, VerifiedToken } from '../src/verification/types.ts'
import { createVerification } from '../src/verification/verify.ts'
import { decorateRequests } from './decorators.ts'
import { framesOf } from './failure-frames.ts'
import { signInOf } from './sign-in.ts'

export { canonicalAddress } from '../src/verification/address.ts'
export { explain } from '../src/verification/explain.ts'
export { createKeySet } from '../src/verification/keys.ts'
export { scoreEmail } from '../src/verification/score.ts'
export { staticKeySet } from '../src/verification/signing-keys.ts'
export { tenantRuleOf } from '../src/verification/tenant.ts'
export { verifyIdToken } from '../src/verification/token.ts'
export { authorityOf, publicCloud } from '../src/core/authority.ts'
export { type EntraError, type ErrorCode, type ErrorDetail, isEntraError } from '../src/core/errors.ts'
export type { AllowTenant } from '../src/verification/tenant-gate.ts'
export type * from '../src/verification/types.ts'
export type { Expected, VerifiedIdToken } from '../src/verification/token.ts'
export type { FetchedKeySource, KeySetState, KeySource, SigningKey } from '../src/verification/signing-keys.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The address of the sign-in, normalised and trust-scored, while it is finished and for the session after it; `null` else. */
    scoredEmail: ScoredEmail | null
  }
}

/** Options of the verification plugin. */
export interface VerificationPluginOptions extends VerificationOptions {
  /** Request decorator that holds the scored e-mail. */
  scoredEmailDecorator?: string | undefined
}

/** The rules behind {@link VerificationPluginOptions}. */
export const verificationPluginRules: OptionRules<VerificationPluginOptions> = {
  ...verificationOptionRules,
  scoredEmailDecorator: {
    default: 'scoredEmail',
    check: is.identifier,
    expected: 'a name such as "scoredEmail"',
    about: 'Name under which a request holds the scored e-mail: `request.scoredEmail`.'
  }
}

/** The second step: the ID token, and how far the address in it can be trusted. */
const verification: FastifyPluginAsync<VerificationPluginOptions> = async (app, given) => {
  const options = readOptions<VerificationPluginOptions>('fastify-entra/verification', verificationPluginRules, given)
  const signIn = signInOf(app)
  const config = resolveVerification(options, signIn.config)
  const { verify, allows, signingKeys } = createVerification(config, signIn.config.environment, (failure) => {
    app.log.error({ frames: framesOf(failure) }, 'option "allowedTenants" threw')
  })
  const name = options.scoredEmailDecorator!

  decorateRequests(app, name, 'scoredEmailDecorator')
  signIn.scoredEmailDecorator = name
  signIn.verification = config
  signIn.emailThreshold = config.policy.threshold
  signIn.signingKeys = signingKeys
  signIn.mayStay = async ({ tid }) => await allows(tid)
  signIn.rolesThatStay = ({ identity, roles }) => allowedRoles(roles, identity.tid, config.tenantRoles)
  signIn.verify = async function verifyToken (request: FastifyRequest, authorization: Authorization): Promise<VerifiedToken> {
    const token = await verify(authorization)
    for (const { message, about } of remarksOn(token, config.tenantRoles)) request.log.warn(about, message)
    showEmail(request, token.email)
    return token
  }
  signIn.proveMailbox = function proveMailboxOf (request: FastifyRequest, token: VerifiedToken): VerifiedToken {
    const proven = proveMailbox(token, { canonical: token.email.canonical! }, config)
    showEmail(request, proven.email)
    return proven
  }

  function showEmail (request: FastifyRequest, email: ScoredEmail): void {
    Object.assign(request, { [name]: email })
  }
}

const plugin: FastifyPluginAsync<VerificationPluginOptions> = fp(verification, {
  name: 'fastify-entra/verification',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider']
})
export default plugin
