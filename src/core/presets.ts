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
export const presets = Object.freeze({
  standard: Object.freeze({}),
  strict: Object.freeze({ strictEdov: true }),
  upn: Object.freeze({ emailSources: Object.freeze(['upn', 'email'] as const), threshold: 50, requireVerifiedEmail: true })
})

/** The name of a preset. */
export type PresetName = keyof typeof presets
