import { is, type OptionRules } from '../core/options.ts'

/** Options of the health plugin. */
export interface HealthOptions {
  /** Path of the health check. */
  healthPath?: string | undefined
  /** Who shows it is told how each part does; without one nobody is. */
  healthToken?: string | undefined
}

/** The rules behind {@link HealthOptions}. */
export const healthOptionRules: OptionRules<HealthOptions> = {
  healthPath: {
    defaultText: '`/health` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/health"',
    about: 'Path of the health check.'
  },
  healthToken: {
    defaultText: 'none: nobody is told more than the status',
    check: (value) => typeof value === 'string' && /^[\w\-.~+/]{32,512}=*$/.test(value),
    expected: 'at least 32 characters that a bearer token can have: letters, digits, "-", "_", ".", "~", "+", "/"',
    remedy: 'Make one with: openssl rand -hex 32',
    secret: true,
    about: 'Token (`Authorization: Bearer …`) for which the health check says how database, Redis, keys and credentials do. Anybody gets the status alone. Never logged.'
  }
}
