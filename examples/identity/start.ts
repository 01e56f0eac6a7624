// One application that is the OpenID Connect provider of two others: npm run example:identity, then open the web app.
// Sign in once, be signed in at both, sign out once.
import { startProvider } from './provider.ts'
import { startSinglePageApp } from './single-page-app.ts'
import { startWebApp } from './web-app.ts'

const port = Number(process.env.PORT ?? 3000)
const site = {
  provider: process.env.BASE_URL ?? `http://localhost:${port}`,
  // Hosts of their own: browsers share cookies between the ports of one, and so would the apps.
  webApp: process.env.WEB_APP_URL ?? `http://127.0.0.1:${port + 1}`,
  singlePageApp: process.env.SINGLE_PAGE_APP_URL ?? `http://[::1]:${port + 2}`,
  database: process.env.DATABASE ?? 'identity-example.sqlite'
}

const issuer = await startProvider(site)
await startWebApp(site, issuer)
await startSinglePageApp(site, issuer)
console.log(`The web app is at ${site.webApp}, the single-page app at ${site.singlePageApp}, and both sign people in at ${site.provider}`)
