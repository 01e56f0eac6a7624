import { is, type OptionRules } from '../core/options.ts'

/** Options of the set-up assistant. */
export interface SetupOptions {
  /** Path of its page. */
  setupPath?: string | undefined
}

/** The rules behind {@link SetupOptions}. */
export const setupOptionRules: OptionRules<SetupOptions> = {
  setupPath: {
    defaultText: '`/setup` below `prefix`',
    check: is.path,
    expected: 'a plain path such as "/auth/setup"',
    about: 'Path of the set-up assistant\'s page.'
  }
}
