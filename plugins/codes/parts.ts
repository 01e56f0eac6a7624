import type { Challenges } from '../../src/challenges/challenges.ts'
import type { CsrfTokens } from '../session/csrf.ts'
import type { CodeCookie } from './cookie.ts'

/** What the routes of one-time codes share. */
export interface CodeParts {
  readonly challenges: Challenges
  readonly cookie: CodeCookie
  readonly csrf: CsrfTokens
  /** Path of the code route. */
  readonly codePath: string
  /** Where browsers are sent to enter a code. */
  readonly codePageUrl: string
}
