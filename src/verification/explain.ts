import type { ScoredEmail } from './types.ts'

/**
 * What a person reads about the address of a sign-in: the verdict, then each
 * piece of evidence, strongest first. No sentence holds the address itself.
 */
export function explain (email: ScoredEmail): string[] {
  return [verdictOf(email), ...email.evidence.map(({ sentence }) => sentence)]
}

function verdictOf ({ address, score, verified }: ScoredEmail): string {
  if (address === null) return 'There is no e-mail address that can be used.'
  return verified
    ? `The e-mail address is verified, with a score of ${score} out of 100.`
    : `The e-mail address is not verified, with a score of ${score} out of 100.`
}
