/** The name of a preset. */
export type PresetName = 'standard' | 'strict' | 'upn'

/** Options of verification and linking that belong together. */
export interface Preset {
  readonly strictEdov?: boolean
  readonly emailSources?: readonly string[]
  readonly threshold?: number
  readonly requireVerifiedEmail?: boolean
}

/**
 * Presets are nothing but options: each is what one of the described systems
 * does, and an option that is given beside it wins. None turns merging on.
 *
 * - `standard`, the default, changes nothing.
 * - `strict`: `xms_edov` counts only as the boolean, as Prelude's guide has it.
 *   Personal accounts whose token says "1" are then unverified.
 * - `upn`: the sign-in name goes first and is enough, and who has no verified
 *   address is refused: Hanko's order. It trusts each tenant with the addresses of its own domains.
 */
export const presets: Readonly<Record<PresetName, Readonly<Preset>>> = Object.freeze({
  standard: Object.freeze({}),
  strict: Object.freeze({ strictEdov: true }),
  upn: Object.freeze({ emailSources: Object.freeze(['upn', 'email']), threshold: 50, requireVerifiedEmail: true })
})
