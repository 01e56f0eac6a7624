/**
 * What whoever set the application up can do about the numbers that are met
 * first (Microsoft, 'Microsoft Entra authentication and authorization error codes').
 */
const remedies: ReadonlyMap<number, string> = new Map([
  [50194, 'The app registration is for one tenant: give its GUID as option "tenant", or make the registration multi-tenant.'],
  [500113, 'The app registration has no redirect URI: add the one of this application, platform Web.'],
  [700016, 'There is no such app registration: check option "clientId" and option "tenant".'],
  [7000215, 'The client secret is wrong: copy the column "Value" of the Azure portal, not the "Secret ID".'],
  [7000218, 'Microsoft wants a client secret: give option "clientSecret".'],
  [7000222, 'The client secret has expired: make a new one in the Azure portal.'],
  [9002327, 'The redirect URI is registered for the platform Single-page application: move it to Web.']
])

/** The remedy for one of Microsoft's numbers, for the log. */
export function remedyOf (aadsts: number | undefined): string | undefined {
  return remedies.get(aadsts ?? 0)
}
