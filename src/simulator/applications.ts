import { Fault } from './errors.ts'
import { consumersTenantId } from './tenants.ts'
import type { Application, TenantReference } from './types.ts'

/**
 * Makes sure that an application may be used under a tenant at all, whoever
 * signs in. The most common slip of a registration: single-tenant, used under `common`.
 *
 * @throws Fault 50194, 700016, 9002331 or 9002332.
 */
export function checkTenantOfApplication (
  { signInAudience, tenantId }: Pick<Application, 'signInAudience' | 'tenantId'>, tenant: TenantReference
): void {
  const personal = tenant.id === consumersTenantId
  const workOnly = signInAudience === 'AzureADMultipleOrgs' || signInAudience === 'AzureADMyOrg'
  if (workOnly && personal) throw new Fault(9002332)
  if (signInAudience === 'PersonalMicrosoftAccount' && !personal) throw new Fault(9002331)
  if (signInAudience !== 'AzureADMyOrg') return
  if (tenant.id === null) throw new Fault(50194)
  if (tenant.id !== tenantId) throw new Fault(700016)
}

/**
 * The application that a request names.
 *
 * @throws Fault 900144 where none is named, 700016 where it is unknown.
 */
export function findApplication (applications: readonly Application[], clientId: string | undefined): Application {
  if (clientId === undefined) throw new Fault(900144, 'Its name is client_id.')
  const application = applications.find((one) => one.clientId === clientId.toLowerCase())
  if (application === undefined) throw new Fault(700016, `Its identifier was given as '${clientId}'.`)
  return application
}
