import * as openid from 'openid-client'
import t from 'tap'
import { appOrigin, clients, goOn, secret, startAuthorization, startSite } from '../identity/site.ts'
import { takesLong } from '../patient.ts'

takesLong()

t.test('pages speak the language that an app asks for by ui_locales, whatever the browser reads', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('guest', openid.ClientSecretBasic(secret))
  const browser = site.newBrowser()
  const started = await startAuthorization(config, { ui_locales: 'fr de', prompt: 'consent', scope: 'openid email' })
  const page = await browser.open(started.url, appOrigin)
  const onward = await browser.submit(page.url, { simulator_account: 'ada' })
  t.match(onward.body, '<html lang="de"')
  t.match(onward.body, /Bei Guest &lt;b&gt;app&lt;\/b&gt; anmelden\?[^]*Ihre E-Mail-Adresse sehen[^]*Zulassen/)

  const english = await browser.open((await startAuthorization(config, { prompt: 'consent' })).url, appOrigin)
  t.match(english.body, /<html lang="en"[^]*Sign in to Guest &lt;b&gt;app&lt;\/b&gt;\?[^]*Allow/)
  t.ok((await goOn(browser, english)).url.startsWith(clients.guest.redirectUrls[0]!))

  const out = `${site.issuer}/logout?client_id=guest&ui_locales=de`
  t.match((await browser.open(out, appOrigin)).body, /<html lang="de"[^]*Guest[^]*fragt, ob Sie sich abmelden wollen/)
})

t.test('a page for what cannot be answered names the request, as the log does', async (t) => {
  const site = await startSite(t)
  for (const url of [`${site.issuer}/authorize?client_id=nobody`, `${site.issuer}/interaction/unknown`]) {
    const { body } = await site.newBrowser().open(url)
    const [, reference] = /Reference: <code>(req-\w+)<\/code>/.exec(body)!
    t.match(site.log(), `"reqId":"${reference}"`)
  }
})
