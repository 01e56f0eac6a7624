import type { FastifyBaseLogger } from 'fastify'
import type { ConsentStore } from '../../src/identity/consent.ts'
import type { MetadataSettings } from '../../src/identity/client-metadata.ts'
import type { IdentityOptions } from '../../src/identity/options.ts'
import type { Artifacts, ClientRecord, Project } from '../../src/identity/types.ts'
import type { Resolved } from '../../src/core/options.ts'
import type { SignIn } from '../sign-in.ts'
import type { OidcProvider } from './load.ts'
import type { Owners } from './owners.ts'

/** What a project is made of. */
export interface Parts {
  readonly signIn: SignIn
  readonly log: FastifyBaseLogger
  readonly oidc: OidcProvider
  readonly project: Project
  readonly options: Resolved<IdentityOptions>
  /** Path of the issuer. */
  readonly path: string
  /** `baseUrl` and that path. */
  readonly issuer: string
  readonly owners: Owners
  readonly artifacts: Artifacts
  readonly consents: ConsentStore
  /** Stands where oidc-provider wants a client's secret in the clear: see {@link MetadataSettings}. */
  readonly placeholder: MetadataSettings['placeholder']
  /** A client of the options or of the store. */
  readonly findClient: (id: string) => Promise<ClientRecord | null>
}
