/**
 * Picks an account on the simulator's page, as a browser does: loads the page,
 * and posts its form with the button of the account.
 *
 * @returns where the browser is sent then.
 */
export async function pickAccount (authorizationUrl: string, account: string, fetch: typeof globalThis.fetch = globalThis.fetch): Promise<URL> {
  const page = await (await fetch(authorizationUrl)).text()
  const [, action] = /<form method="post" action="([^"]+)"/.exec(page)!
  const fields = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [unescape(name!), unescape(value!)])
  const answer = await fetch(new URL(action!, authorizationUrl).href, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams([...fields, ['simulator_account', account]] as Array<[string, string]>).toString()
  })
  return new URL(answer.headers.get('location')!)
}

function unescape (text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
}
