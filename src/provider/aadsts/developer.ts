import { entriesFor, type MicrosoftError } from './types.ts'

const setup = { code: 'provider_error', help: 'application_setup' } as const
const again = { code: 'invalid_state' } as const

/** Numbers that whoever has set the application up can answer: its registration, its credentials or its options are wrong. */
export const developerErrors: readonly MicrosoftError[] = entriesFor('developer', [
  [50001, 'What access is asked to does not exist, or is disabled.', 'Check the resource in option "scopes".', setup],
  [50011, 'The redirect URI is not registered, or differs by a character.', 'Register "baseUrl" and the callback path as they are, for the platform Web.', setup],
  [50059, 'Nothing says which tenant is meant.', 'Give option "tenant" as the GUID of the tenant.', setup],
  [50128, 'The domain name belongs to no tenant.', 'Check option "tenant".', setup],
  [50146, 'A tenant has a claims-mapping policy for the application, which neither accepts mapped claims nor has signing keys of its own.', 'Have that tenant take the policy away. No optional claim needs "acceptMappedClaims", and for people of many tenants it is unsafe.', setup],
  [50148, 'The code was asked for with PKCE and redeemed without.', 'Look for something that takes the code_verifier out of the token request, such as a proxy.', setup],
  [50194, 'The app registration is for one tenant, and "common" or "organizations" was asked.', 'The app registration is for one tenant: give its GUID as option "tenant", or make the registration multi-tenant.', setup],
  [50196, 'Microsoft has seen the same request too often in a short time.', 'Look for a page that starts a sign-in by itself and comes back to itself.', setup],
  [70001, 'The application is disabled, or unknown in the tenant.', 'Check option "clientId", and the state of the application in Enterprise applications.', setup],
  [70011, 'A scope is not valid.', 'Check option "scopes".', setup],
  [90002, 'There is no such tenant in this cloud.', 'Check option "tenant"; for the US Government and China give option "authority" as well.', setup],
  [90014, 'A field is missing in what was sent.', 'Look for something that changes requests to Microsoft, such as a proxy.', setup],
  [90019, 'Microsoft cannot tell which tenant is meant.', 'Give option "tenant" as the GUID of the tenant.', setup],
  [90023, 'The request is not valid.', 'Look at the description in the sign-in log of the tenant: a parameter is wrong.', setup],
  [90038, 'The tenant belongs to another cloud.', 'Give option "authority": US Government and China have their own.', setup],
  [500112, 'The redirect URI of the token request is another one than that of the sign-in.', 'Give all servers the same "baseUrl" and "callbackPath".', setup],
  [500113, 'The app registration has no redirect URI.', 'The app registration has no redirect URI: add the one of this application, platform Web.', setup],
  [500133, 'An assertion is outside of its time.', 'Set the clock of the server right.', setup],
  [501481, 'The code_verifier is not that of the code.', 'Start again. Where it stays so, look for something that mixes up sign-ins, such as a cache before the callback.', again],
  [650052, 'The organisation has no subscription for something that the application asks access to.', 'Ask for less in option "scopes", or subscribe to the service.', setup],
  [650056, 'The app registration does not list what is asked for, or nobody has consented to it.', 'Add it under API permissions of the app registration, then have an administrator consent.', setup],
  [700005, 'The code was asked for at another tenant\'s endpoint than it was redeemed at.', 'Give all servers the same option "tenant".', again],
  [700016, 'There is no such application in the tenant that was asked.', 'There is no such app registration: check option "clientId" and option "tenant".', setup],
  [700022, 'Scopes of several APIs were asked for in one token request.', 'Ask for the scopes of one API at a time.', setup],
  [700024, 'The client assertion is outside of its time.', 'Set the clock of the server right; a federated credential must give a fresh token at each call.', setup],
  [700027, 'The client assertion is not signed with a key that is registered.', 'Upload the certificate to the app registration, or give the private key that belongs to it.', setup],
  [700051, 'Tokens were asked for right from the authorization endpoint.', 'Let this library ask: it asks for a code. Take a hand-made link away.', setup],
  [700054, 'An ID token was asked for right from the authorization endpoint.', 'Let this library ask: it asks for a code. Take a hand-made link away.', setup],
  [7000112, 'The application is disabled in the tenant.', 'Enable it in Enterprise applications; where Microsoft has disabled it, its owner is told why.', setup],
  [7000215, 'The client secret is wrong.', 'The client secret is wrong: copy the column "Value" of the Azure portal, not the "Secret ID".', setup],
  [7000218, 'No client secret or assertion was sent.', 'Microsoft wants a client secret: give option "clientSecret".', setup],
  [7000222, 'The client secret has expired.', 'The client secret has expired: make a new one in the Azure portal.', setup],
  [9002313, 'The request, the code or the refresh token is malformed.', 'Start again. Where it stays so, look for something that changes requests, such as a proxy.', again],
  [9002325, 'The redirect URI is registered for the platform Single-page application, which asks for PKCE from a browser.', 'Move the redirect URI to the platform Web.', setup],
  [9002326, 'The token request came with the header Origin, as from a page in a browser.', 'Redeem codes on the server alone, and keep proxies from adding the header Origin.', setup],
  [9002327, 'The redirect URI is registered for the platform Single-page application, whose codes only a browser may redeem.', 'The redirect URI is registered for the platform Single-page application: move it to Web.', setup],
  [9002331, 'The app registration is for personal accounts only.', 'Give option "tenant" as "consumers", or make the registration take other accounts as well.', setup],
  [9002332, 'The app registration is for accounts of organisations only.', 'Give option "tenant" as "organizations" or a GUID, or make the registration take personal accounts as well.', setup]
])
