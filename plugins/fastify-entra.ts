import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { isLoopbackHost } from '../src/core/loopback.ts'
import { is, type OptionRules, readOptions } from '../src/core/options.ts'
import { isProduction } from '../src/core/production.ts'
import { type IdentitiesOptions, identitiesOptionRules } from '../src/linking/identities-options.ts'
import { type CodesOptions, codesOptionRules } from '../src/challenges/options.ts'
import { type HealthOptions, healthOptionRules } from '../src/health/options.ts'
import { type MailOptions, mailOptionRules } from '../src/mail/options.ts'
import { type PagesOptions, pagesOptionRules } from '../src/pages/options.ts'
import { type SetupOptions, setupOptionRules } from '../src/pages/setup-options.ts'
import { type SessionOptions, sessionOptionRules } from '../src/session/options.ts'
import { type SignOutOptions, signOutOptionRules } from '../src/session/sign-out-options.ts'
import { type TokensOptions, tokensOptionRules } from '../src/tokens/options.ts'
import { type PresetName, presets } from '../src/core/presets.ts'
import { type AuditOptions, auditOptionRules, type EventOptions, eventOptionRules } from '../src/events/options.ts'
import adminConsent, { type AdminConsentPluginOptions, adminConsentRules } from './admin-consent.ts'
import audit from './audit.ts'
import events from './events.ts'
import identities from './identities.ts'
import linking, { type LinkingPluginOptions, linkingPluginRules } from './linking.ts'
import mail from './mail.ts'
import pages from './pages.ts'
import provider, { type ProviderPluginOptions, providerPluginRules } from './provider.ts'
import session from './session.ts'
import signOut from './sign-out.ts'
import { simulatorKey } from './simulator/key.ts'
import tokens from './tokens.ts'
import verification, { type VerificationPluginOptions, verificationPluginRules } from './verification.ts'

export { ConfigurationError, type EntraError, type ErrorCode, type ErrorDetail, isEntraError } from '../src/core/errors.ts'
// From the plugins, not from src: so their augmentations of Fastify's types come along.
export type { AdminConsentPluginOptions, AdminConsentResult, OnAdminConsent } from './admin-consent.ts'
export type { Audit, AuditEntry, AuditOptions, AuditQuery } from './audit.ts'
export type { AuthEvent, AuthEventType, EventOptions } from './events.ts'
export type { BeforeSignUp, LinkedUser, LinkingPluginOptions, SignUpCandidate } from './linking.ts'
export type { CodesOptions } from './codes.ts'
export type { Health, HealthOptions, HealthSummary } from './health.ts'
export type { Mail, MailOptions, MailTexts, MailTransport, SendMail } from './mail.ts'
export { html, type OwnPages, type PageColors, type PageLogo, type PagesOptions, type SafeHtml } from './pages.ts'
export type { Credential, CredentialState, CredentialSummary, OnSignIn, ProviderPluginOptions, ReturnedTokens, SignInResult } from './provider.ts'
export { type AppSessions, requireUser, type RequireUser, type RequireUserOptions, type SessionOptions, type SessionSummary, type SessionUser } from './session.ts'
export { type AccessTokenOptions, type InteractionRequired, isInteractionRequired, type Photo, type RequestMicrosoft, startConsent, type TokensOptions } from './tokens.ts'
export type { SetupOptions } from './setup.ts'
export type { SignOutOptions } from './sign-out.ts'
export type { ScoredEmail, VerificationPluginOptions } from './verification.ts'

/** Options that all plugins together have on top of their own. */
export interface OwnOptions {
  /** A set of options under one name; what is given beside it wins. */
  preset?: PresetName | undefined
  /** `false` leaves the sign-in, account and error pages out. */
  pages?: boolean | undefined
  /** `true` gives a health check. */
  health?: boolean | undefined
  /** Whether the set-up assistant is there: for development only. */
  setup?: boolean | undefined
}

/** Options of all plugins together. */
export interface EntraOptions
  extends OwnOptions, ProviderPluginOptions, EventOptions, AuditOptions, VerificationPluginOptions, LinkingPluginOptions, SessionOptions, TokensOptions, SignOutOptions, IdentitiesOptions, MailOptions, CodesOptions, PagesOptions, SetupOptions, AdminConsentPluginOptions, HealthOptions {}

/** The rules behind {@link OwnOptions}. */
export const ownRules: OptionRules<OwnOptions> = {
  preset: {
    default: 'standard',
    check: is.oneOf(...Object.keys(presets)),
    expected: '"standard", "strict" or "upn"',
    about: 'A set of options under one name: `strict` is `strictEdov`; `upn` is `emailSources: [\'upn\', \'email\']`, `threshold: 50` and `requireVerifiedEmail`. An option that is given beside it wins.'
  },
  pages: {
    default: true,
    check: is.boolean,
    expected: 'true or false',
    about: '`false` leaves the sign-in, account and error pages out.'
  },
  health: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: '`true` gives a health check, for load balancers and monitors.'
  },
  setup: {
    defaultText: '`true` in development, where the host of `baseUrl` is this machine',
    check: is.boolean,
    expected: 'true or false',
    about: '`false` leaves the set-up assistant out. In production, or at any other host, `true` is refused.'
  }
}

/** The rules behind {@link EntraOptions}. */
export const entraRules: OptionRules<EntraOptions> = {
  ...ownRules,
  ...providerPluginRules,
  ...eventOptionRules,
  ...auditOptionRules,
  ...verificationPluginRules,
  ...linkingPluginRules,
  ...sessionOptionRules,
  ...tokensOptionRules,
  ...signOutOptionRules,
  ...identitiesOptionRules,
  ...mailOptionRules,
  ...codesOptionRules,
  ...pagesOptionRules,
  ...setupOptionRules,
  ...adminConsentRules,
  ...healthOptionRules
}

/** Sign in with Microsoft: the four plugins and the pages by one registration. Without a `clientId`, in development, the simulator stands in for Microsoft. */
const entra: FastifyPluginAsync<EntraOptions> = async (app, given) => {
  const { preset, pages: withPages, health: withHealth, setup: withSetup } = readOptions<EntraOptions>('fastify-entra', entraRules, given)
  const options = { ...presets[preset!], ...withoutUndefined(given) }
  const needsStandIn = given.clientId === undefined && given.clientSecret === undefined && given.credentials === undefined && isAtHome(given) && !app.hasDecorator(simulatorKey)
  // What not every server needs is loaded where it is needed: half of a start is loading.
  if (needsStandIn) await app.register((await import('./simulator.ts')).default, { baseUrl: given.baseUrl, environment: clockOf(given) })
  await app.register(provider, pick<ProviderPluginOptions>(options, providerPluginRules))
  await app.register(events, pick<EventOptions>(options, eventOptionRules))
  await app.register(audit, pick<AuditOptions>(options, auditOptionRules))
  await app.register(verification, pick<VerificationPluginOptions>(options, verificationPluginRules))
  await app.register(linking, pick<LinkingPluginOptions>(options, linkingPluginRules))
  await app.register(session, pick<SessionOptions>(options, sessionOptionRules))
  await app.register(tokens, pick<TokensOptions>(options, tokensOptionRules))
  await app.register(signOut, pick<SignOutOptions>(options, signOutOptionRules))
  await app.register(identities, pick<IdentitiesOptions>(options, identitiesOptionRules))
  await app.register(mail, pick<MailOptions>(options, mailOptionRules))
  const forCodes = pick<CodesOptions>(options, codesOptionRules)
  if (given.verify_email === true) await app.register((await import('./codes.ts')).default, forCodes)
  else warnOfUnused(app, forCodes, 'verify_email')
  // Personal accounts have no administrator.
  const consent = pick<AdminConsentPluginOptions>(options, adminConsentRules)
  if (given.tenant !== 'consumers' || Object.keys(consent).length > 0) await app.register(adminConsent, consent)
  const forHealth = pick<HealthOptions>(options, healthOptionRules)
  if (withHealth!) await app.register((await import('./health.ts')).default, forHealth)
  else warnOfUnused(app, forHealth, 'health')
  const forPages = pick<PagesOptions>(options, pagesOptionRules)
  if (withPages!) await app.register(pages, forPages)
  else warnOfUnused(app, forPages, 'pages')
  if (withSetup ?? isAtHome(given)) await app.register((await import('./setup.ts')).default, pick<SetupOptions>(options, setupOptionRules))
}

/** Whether this is a developer's own machine. */
function isAtHome ({ baseUrl }: Pick<EntraOptions, 'baseUrl'>): boolean {
  return !isProduction() && isLoopbackHost(new URL(baseUrl).hostname)
}

/** An option that is right and has nothing to do is mostly one that was forgotten beside it. */
function warnOfUnused (app: FastifyInstance, options: object, needed: keyof EntraOptions): void {
  for (const name of Object.keys(options)) app.log.warn(`option "${name}" has nothing to do while "${needed}" is off: turn that on, or leave it out`)
}

/** The simulator's clock and randomness are the application's. */
function clockOf ({ environment: { now, randomBytes } = {} }: Pick<EntraOptions, 'environment'>): object {
  return withoutUndefined({ now, randomBytes })
}

function pick<Options extends object> (options: object, rules: OptionRules<Options>): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(rules, name))) as Options
}

function withoutUndefined (options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

const plugin: FastifyPluginAsync<EntraOptions> = fp(entra, { name: 'fastify-entra', fastify: '5.x' })
export default plugin
