import { isSafeHtml, type SafeHtml } from '@remix-run/html-template'
import { accountPage, type AccountPageView } from './account.ts'
import { appErrorPage, type AppErrorPageView } from './app-error.ts'
import { appSignedOutPage, type AppSignedOutPageView, appSignOutPage, type AppSignOutPageView } from './app-sign-out.ts'
import { codePage, type CodePageView } from './code.ts'
import { consentPage, type ConsentPageView } from './consent.ts'
import { contextIn, type PageContext } from './context.ts'
import { errorPage, type ErrorPageView, noErrorPage, type NoErrorPageView } from './error.ts'
import { goOnPage, type GoOnPageView } from './go-on.ts'
import { chooseLanguage, type Language, type LanguageWishes } from './language.ts'
import { page, type PageParts } from './layout.ts'
import { hashSource, type Look } from './look.ts'
import { policyFor, policyOf } from './policy.ts'
import { signInPage, type SignInPageView } from './sign-in.ts'

/** What each page is given. */
export interface PageViews {
  signIn: SignInPageView
  code: CodePageView
  account: AccountPageView
  error: ErrorPageView
  noError: NoErrorPageView
  consent: ConsentPageView
  appSignOut: AppSignOutPageView
  appSignedOut: AppSignedOutPageView
  appError: AppErrorPageView
  goOn: GoOnPageView
}

/** The name of a page. */
export type PageName = keyof PageViews

type Pages = { readonly [Name in PageName]: (view: PageViews[Name], context: PageContext) => PageParts }

const standardPages: Pages = {
  signIn: signInPage,
  code: codePage,
  account: accountPage,
  error: errorPage,
  noError: noErrorPage,
  consent: consentPage,
  appSignOut: appSignOutPage,
  appSignedOut: appSignedOutPage,
  appError: appErrorPage,
  goOn: goOnPage
}

/** The names of all pages. */
export const pageNames: readonly PageName[] = Object.freeze(Object.keys(standardPages) as PageName[])

/** What an own page is given beside its view. */
export interface OwnPageTools extends PageContext {
  /** Whether the simulator stands in for Microsoft. */
  readonly simulated: boolean
  /** The page as it would be, to put something around it. */
  readonly standard: () => PageParts
}

/** A whole document of an application's own. */
export interface OwnDocument {
  readonly document: SafeHtml
  /** The text of its one `<style>` element, character by character: its hash goes into the policy. Style sheets of the site need none. */
  readonly style?: string
}

/** A page of an application's own: what stands below the heading, that with another heading, or a whole document. */
export type OwnPage<View> = (view: View, tools: OwnPageTools) => SafeHtml | PageParts | OwnDocument

/** Pages of an application's own, in place of ours. */
export type OwnPages = { readonly [Name in PageName]?: OwnPage<PageViews[Name]> | undefined }

/** What is sent. */
export interface RenderedPage {
  readonly document: string
  /** Its content security policy. */
  readonly policy: string
}

/** How a page is wanted. */
export interface RenderSetting {
  readonly language: Language
  /** Other origins that its forms may lead to. */
  readonly formTargets?: readonly string[] | undefined
}

/** Draws the pages of an application. */
export interface PageRenderer {
  readonly languageFor: (wishes: LanguageWishes) => Language
  readonly render: <Name extends PageName>(name: Name, view: PageViews[Name], setting: RenderSetting) => RenderedPage
}

/** What the pages are made of. */
export interface RendererParts {
  readonly simulated: boolean
  readonly look: Look
  readonly languages: readonly Language[]
  readonly ownPages?: OwnPages | undefined
  /** Told of an own page that could not be used: the standard one is shown in its place. */
  readonly complain?: ((name: PageName, failure: unknown) => void) | undefined
}

/** Makes the renderer of an application. */
export function createRenderer ({ simulated, look, languages, ownPages = {}, complain }: RendererParts): PageRenderer {
  return {
    languageFor: (wishes) => chooseLanguage(languages, wishes),
    render: (name, view, { language, formTargets }) => {
      const context = contextIn(language)
      const standard = (): PageParts => standardPages[name](view, context)
      const ownPage = ownPages[name]
      if (ownPage !== undefined) {
        try {
          return finish(ownPage(view, { ...context, simulated, standard }))
        } catch (error) {
          complain?.(name, error)
        }
      }
      return finish(standard())

      function finish (made: SafeHtml | PageParts | OwnDocument): RenderedPage {
        if (isSafeHtml(made)) return finish({ title: standard().title, content: made })
        if ('document' in made) return ownDocument(made, formTargets)
        const { title, content } = made
        if (!isSafeHtml(content)) throw new TypeError('a page is made with html`…` of fastify-entra/pages')
        return { document: page(title, { simulated, language, look }, content), policy: policyFor(look, formTargets) }
      }
    }
  }
}

/** It may use style sheets and pictures of the site, and still no script. */
function ownDocument ({ document, style }: OwnDocument, formTargets: readonly string[] = []): RenderedPage {
  if (!isSafeHtml(document)) throw new TypeError('a document is made with html`…` of fastify-entra/pages')
  const styles = ["'self'", ...(style === undefined ? [] : [hashSource(style)])]
  return { document: String(document), policy: policyOf({ styles, pictures: ["'self'"], formTargets }) }
}
