import type { FastifyRequest } from 'fastify'
import { type EntraError, reasonOf } from '../src/core/errors.ts'
import type { AuthEventReport } from '../src/core/events.ts'
import type { LinkedUser } from '../src/linking/types.ts'
import { signInOf } from './sign-in.ts'
import type { VerifiedSignIn } from './sign-in-result.ts'

type About = Omit<AuthEventReport, 'type'>

/** How far the sign-in of a request has got. */
interface Progress {
  /** Whom it is about, for every event of it. */
  about: About
  /** What has happened and is not reported yet: it is kept together with what the sign-in comes to. */
  happened: AuthEventReport[]
}

// Beside the request, not on it: nobody else reads it, or prints it.
const progress = new WeakMap<FastifyRequest, Progress>()

/** Notes whose sign-in a request finishes, so that events tell it, refusals among them. */
export function noteVerified (request: FastifyRequest, { authorization, token }: VerifiedSignIn): void {
  if (token === null) return
  const { intent } = authorization.attempt
  const { identity, email: { canonical, evidence } } = token
  const userId = intent === 'sign-in' ? null : intent.userId
  progress.set(request, { about: { requestId: String(request.id), userId, identity, address: canonical, evidence }, happened: [] })
}

/** Notes what linking came to, and what it changed. */
export function noteLinked (request: FastifyRequest, { user, row, events }: LinkedUser): void {
  const noted = progress.get(request)!
  noted.about = { ...noted.about, userId: user.id, row }
  noted.happened = events.map(({ type, userId, email }) => ({
    ...noted.about,
    type,
    userId,
    // A merge is about the address that was merged on, whatever the token says that finishes it.
    ...(email !== undefined && { address: email.canonical, evidence: email.evidence }),
    // Who lost the address is not told who proved it.
    ...(type === 'identifier_reclaimed' && { identity: null })
  }))
}

/** Takes back what linking by hand has changed: it is undone, so it is nothing to report. */
export function noteUndone (request: FastifyRequest): void {
  progress.get(request)!.happened = []
}

/** Reports what linking has changed, and that a session began: in one write. */
export async function reportSignedIn (request: FastifyRequest): Promise<void> {
  await report(request, { type: 'signed_in', ...aboutOf(request) })
}

/** Reports what linking by hand has changed. */
export async function reportLinked (request: FastifyRequest): Promise<void> {
  await report(request)
}

/** Reports a refusal. Never rejects: nothing hides the refusal from whoever gets it. */
export async function reportRefusal (request: FastifyRequest, { code, detail: { reason, row, userId } }: EntraError): Promise<void> {
  const about = aboutOf(request)
  const refused = { ...about, type: 'refused' as const, code, reason, row: row ?? about.row ?? null, userId: userId ?? about.userId ?? null }
  await orComplain(request, report(request, refused))
}

/** Reports that somebody signed out. Never rejects: the session is over. */
export async function reportSignedOut (request: FastifyRequest, about: Pick<AuthEventReport, 'userId' | 'identity'>): Promise<void> {
  await orComplain(request, report(request, { type: 'signed_out', requestId: String(request.id), ...about }))
}

/** What could not be kept stays noted: the refusal that follows tries once more, and tells nobody twice. */
async function report (request: FastifyRequest, ...events: AuthEventReport[]): Promise<void> {
  const noted = progress.get(request)
  await signInOf(request.server).report(...noted?.happened ?? [], ...events)
  if (noted !== undefined) noted.happened = []
}

async function orComplain (request: FastifyRequest, reported: Promise<void>): Promise<void> {
  try {
    await reported
  } catch (error) {
    request.log.error({ reason: reasonOf(error) }, 'an event could not be kept')
  }
}

/** Of a sign-in, what it has shown; of any other request, whose session it has. */
function aboutOf (request: FastifyRequest): About {
  const about = progress.get(request)?.about
  if (about !== undefined) return about
  const user = signInOf(request.server).sessionUserOf?.(request)
  return { requestId: String(request.id), userId: user?.id ?? null, identity: user?.identity ?? null }
}
