import { defaultLook, type Look } from './look.ts'

/** What a page needs of its content security policy, beyond nothing. */
export interface PolicyNeeds {
  /** Sources of styles. */
  readonly styles: readonly string[]
  /** Sources of pictures, `data:` aside. */
  readonly pictures: readonly string[]
  /**
   * Other origins that a form may lead to, such as `https://spa.example`: browsers apply `form-action` to the redirects
   * that follow a form as well (https://github.com/w3c/webappsec-csp/issues/8).
   */
  readonly formTargets: readonly string[]
}

/**
 * The content security policy of a page of ours: its own style, forms that end here or where they are known to lead,
 * no script, no frame (RFC 9700 section 4.16, abuse case P23).
 */
export function policyOf ({ styles, pictures, formTargets }: PolicyNeeds): string {
  return [
    "default-src 'none'",
    `style-src ${styles.join(' ')}`,
    `img-src ${[...pictures, 'data:'].join(' ')}`,
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'"
  ].join('; ')
}

/** The policy of a page with a look. */
export function policyFor ({ styleSource, logo }: Look, formTargets: readonly string[] = []): string {
  const isPath = logo !== null && logo.src.startsWith('/')
  return policyOf({ styles: [styleSource], pictures: isPath ? ["'self'"] : [], formTargets })
}

/** The policy of pages as they are without any option. */
export const contentSecurityPolicy: string = policyFor(defaultLook)
