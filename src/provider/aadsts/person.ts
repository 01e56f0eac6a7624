import { entriesFor, type MicrosoftError } from './types.ts'

const wrongAccount = { code: 'tenant_not_allowed', help: 'other_account' } as const
const atMicrosoft = { code: 'interaction_required', help: 'microsoft_account' } as const
const ask = { code: 'interaction_required' } as const
const again = { code: 'invalid_state' } as const

/**
 * Numbers that the person at the browser can answer: by another account, or at Microsoft. Most of them Microsoft shows
 * itself, in the middle of the sign-in; here they arrive by `prompt=none`, or for a refresh token.
 */
export const personErrors: readonly MicrosoftError[] = entriesFor('person', [
  [16000, 'The account is none of the tenant that was asked, or several are signed in and none was chosen.', 'Sign in with an account of that tenant; its administrator can invite the account as a guest. To let accounts of any tenant in, give option "tenant" as "organizations" or "common".', ask],
  [16003, 'The account was never added to the tenant that was asked.', 'Sign in with an account of that tenant, or have its administrator invite this one.', wrongAccount],
  [50014, 'The account is a guest who has not accepted the invitation, or is none of the tenant.', 'Accept the invitation that Microsoft has mailed, or sign in with another account.', wrongAccount],
  [50020, 'The account, often a personal one, does not exist in the tenant that was asked.', 'Sign in with an account of that tenant, or have its administrator invite this one. To let accounts of any tenant in, give option "tenant" as "organizations" or "common".', wrongAccount],
  [50034, 'There is no such account in the tenant that was asked.', 'Look for a typing mistake in the account name, or sign in with an account of that tenant.', wrongAccount],
  [51004, 'The account does not exist in the directory that was asked.', 'Sign in with an account of that tenant, or have its administrator invite this one.', wrongAccount],
  [90072, 'An account of elsewhere was used that is none in the tenant that was asked.', 'Sign out at Microsoft and sign in with an account of that tenant, or have its administrator invite this one.', wrongAccount],
  [500208, 'The kind of account, personal or of an organisation, is not the one that was asked for.', 'Sign in with an account of the other kind, or give option "tenant" as "common" to take both.', wrongAccount],
  [50055, 'The password has expired.', 'Sign in at Microsoft, which asks for a new password.', atMicrosoft],
  [50056, 'There is no password for the account, or none was sent.', 'Sign in at Microsoft once more; where it stays so, the administrator sets a password.', atMicrosoft],
  [50058, 'Nobody is signed in at Microsoft, and it was told not to ask (prompt=none).', 'Start a sign-in without prompt=none.', ask],
  [50072, 'A second factor is needed, and none is set up yet.', 'Sign in at Microsoft, which leads through the set-up.', atMicrosoft],
  [50074, 'The second factor was not given.', 'Sign in again and answer the second factor.', atMicrosoft],
  [50076, 'A second factor is needed: a rule has changed, or the person is somewhere else than before.', 'Sign in again and answer the second factor.', atMicrosoft],
  [50078, 'The second factor was given too long ago.', 'Sign in again and answer the second factor.', atMicrosoft],
  [50079, 'The organisation asks for a second factor now, and none is set up.', 'Sign in at Microsoft, which leads through the set-up.', atMicrosoft],
  [50089, 'The person has left Microsoft\'s pages open until they were no longer good.', 'Start again.', again],
  [50125, 'Microsoft has interrupted the sign-in for a password reset.', 'Sign in again when the reset is done.', atMicrosoft],
  [50126, 'The account name or the password is wrong.', 'Try again, or reset the password at Microsoft.', atMicrosoft],
  [50132, 'Microsoft\'s session has ended, since the password has expired or was changed.', 'Sign in again.', atMicrosoft],
  [50133, 'Microsoft\'s session was revoked, since the password has expired or was changed.', 'Sign in again.', atMicrosoft],
  [50135, 'The account is at risk, and Microsoft asks for a new password.', 'Sign in at Microsoft and change the password.', atMicrosoft],
  [50140, 'Microsoft was asking whether to stay signed in.', 'Sign in again and answer it.', atMicrosoft],
  [50144, 'The password in the organisation\'s own directory has expired.', 'Reset the password the way the organisation does it.', atMicrosoft],
  [50158, 'Another service that the organisation uses for a second factor was not satisfied.', 'Sign in again and answer what it asks.', atMicrosoft],
  [50173, 'What was granted earlier was revoked: by the person, or by an administrator.', 'Sign in again.', again],
  [53004, 'A second factor must be set up first, and Microsoft sees a risk in doing so now.', 'Set it up from a place and a device that Microsoft knows.', atMicrosoft],
  [54005, 'The authorization code was redeemed already.', 'Start again. Where it happens often, look for something that opens the callback a second time: a proxy that repeats requests, or a mail scanner.', again],
  [65004, 'The person has declined what the application asks for.', 'Sign in again and accept it.', { code: 'access_denied' }],
  [70008, 'The authorization code or the refresh token has expired.', 'Start again.', again],
  [70043, 'The refresh token is too old for how often the organisation asks its people to sign in.', 'Sign in again.', again],
  [70000, 'The code or the refresh token is not good: it is another application\'s, or was revoked.', 'Start again. Where it stays so, check that all servers have the same option "clientId".', again],
  [700020, 'Microsoft wants to ask something.', 'Start a sign-in without prompt=none.', ask],
  [700082, 'The refresh token has not been used for too long.', 'Sign in again.', again],
  [900561, 'An endpoint was opened by a browser that takes posted requests only: mostly the button "back".', 'Start again.', again]
])
