import { entriesFor, type MicrosoftError } from './types.ts'

const consent = { code: 'access_denied', help: 'admin_consent' } as const
const policy = { code: 'access_denied', help: 'device_or_policy' } as const
const blocked = { code: 'access_denied', help: 'account_blocked' } as const

/** Numbers that an administrator of the person's own tenant can answer: neither the person nor the application can. */
export const administratorErrors: readonly MicrosoftError[] = entriesFor('administrator', [
  [50002, 'A proxy of the organisation lets its people sign in to chosen tenants only.', 'Add this application\'s tenant to the tenant restrictions.', policy],
  [50053, 'The account is locked after too many wrong passwords, or the address it comes from is known for attacks.', 'Wait a while; the tenant\'s sign-in log says which it is, and the administrator unblocks the account.', blocked],
  [50057, 'The account is disabled.', 'Enable the account in the tenant, where the person is to sign in.', blocked],
  [50105, 'The application is for assigned people only, and this person is not among them.', 'Assign the person, or a group of theirs, in Enterprise applications > Users and groups.', { code: 'access_denied', help: 'not_assigned' }],
  [50131, 'Conditional Access has refused: the state of the device, a suspicion, or a rule.', 'The tenant\'s sign-in log names the policy.', policy],
  [53000, 'Conditional Access asks for a device that complies with the organisation\'s rules.', 'Enrol the device, or change the policy for this application.', policy],
  [53001, 'Conditional Access asks for a device that is joined to the organisation\'s domain.', 'Use such a device, or change the policy for this application.', policy],
  [53002, 'Conditional Access asks for an approved application.', 'Change the policy for this application: a web application cannot be an approved one.', policy],
  [53003, 'Conditional Access does not let the sign-in through.', 'The tenant\'s sign-in log names the policy, and whom it is for.', policy],
  [53011, 'The person is blocked, since their home tenant sees a risk.', 'Look into the risk in the home tenant and dismiss it there.', blocked],
  [65001, 'Nobody has consented yet to what the application asks for.', 'An administrator consents for the tenant, by the link of app.microsoft.adminConsentUrl(), or the person does in a sign-in without prompt=none.', consent],
  [65005, 'The application asks for something that it does not list, or that the tenant does not have.', 'Compare option "scopes" with API permissions of the app registration, then have an administrator consent anew.', consent],
  [90008, 'Nobody has consented to the application reading the profile of who signs in.', 'Add the permission User.Read to the app registration and have an administrator consent.', consent],
  [90093, 'The person may not consent to this for the tenant.', 'An administrator consents for the tenant, by the link of app.microsoft.adminConsentUrl().', consent],
  [90094, 'The tenant lets none but its administrators consent.', 'An administrator consents for the tenant, by the link of app.microsoft.adminConsentUrl().', consent],
  [90095, 'The person has asked the administrators of the tenant to consent.', 'An administrator answers the request, or consents by the link of app.microsoft.adminConsentUrl().', consent],
  [500011, 'What the application asks access to is not in the tenant.', 'Check the resource in option "scopes"; where it is right, an administrator adds it to the tenant or consents.', consent],
  [500021, 'The organisation\'s network lets its people sign in to chosen tenants only.', 'Add this application\'s tenant to the tenant restrictions.', policy],
  [500212, 'The person\'s own tenant does not let them into this one.', 'Change the outbound rules of cross-tenant access in the person\'s tenant.', policy],
  [500213, 'The tenant that was asked does not let people of the person\'s tenant in.', 'Change the inbound rules of cross-tenant access in that tenant.', policy],
  [530003, 'Conditional Access asks for a managed device.', 'Enrol the device, or change the policy for this application.', policy],
  [530032, 'A security policy of the tenant blocks the sign-in.', 'Look into the security policies of the tenant.', policy],
  [530035, 'The tenant\'s security defaults block the sign-in.', 'The tenant\'s sign-in log says what they found unsafe.', policy]
])
