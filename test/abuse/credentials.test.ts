import { inspect } from 'node:util'
import type { Credential } from '../../src/credentials/types.ts'
import { makeCertificate } from '../credentials/certificates.ts'
import { takesLong } from '../patient.ts'
import { httpsApp } from '../plugins/app.ts'
import { tries } from './trial.ts'

takesLong()

const secret = 'canary~client~secret'

tries('O37', 'a credential that cannot be right stops the boot, and no other one takes its place', async (t, engine) => {
  const { key: _own, ...good } = makeCertificate('app')
  const { key: _other, ...foreign } = makeCertificate('other')
  const bare = ({ certificate, privateKey }: ReturnType<typeof makeCertificate>) => ({ certificate, privateKey })
  const wrong: Array<[title: string, clientSecret: string | undefined, credentials: unknown[], message: RegExp]> = [
    ['secret and certificate in one', undefined, [{ secret, ...good }], /credentials\[0\]: it holds secret and certificate/],
    ['a secret in an option of its own beside them', secret, [good], /"clientSecret" and "credentials" were both given/],
    ['an expired certificate', undefined, [bare(makeCertificate('old', { to: '20211121' }))], /is good now.*from 2020-01-01 to 2021-11-21/],
    ['a certificate of tomorrow', undefined, [bare(makeCertificate('new', { from: '20211123' }))], /is good now.*from 2021-11-23/],
    ['the key of another certificate', undefined, [{ ...good, privateKey: foreign.privateKey }], /"privateKey" does not belong to option "certificate"/],
    ['the same beside a secret that would do', undefined, [{ secret }, { ...good, privateKey: foreign.privateKey }], /credentials\[1\].*does not belong/],
    ['RSA of 1024 bits', undefined, [bare(makeCertificate('small', { modulusLength: 1_024 }))], /1024 bits\. Make a key of at least 2048/],
    ['the same beside a secret that would do', undefined, [{ secret }, bare(makeCertificate('small', { modulusLength: 1_024 }))], /credentials\[1\].*1024 bits/]
  ]
  const boot = async (clientSecret: string | undefined, credentials: unknown[]) => await httpsApp(t, { database: await engine.newLocation(t), clientSecret, credentials: credentials as Credential[] }, { simulator: { clientSecret: secret, certificates: [good.certificate] } })
  for (const [title, clientSecret, credentials, message] of wrong) {
    const failure = await boot(clientSecret, credentials).then(() => null, (error: Error) => error)
    t.match(failure, { code: 'FST_ENTRA_CONFIGURATION', message }, title)
    t.notMatch(inspect(failure), /canary|MII/, `${title}: no value`)
  }
  const { app, simulator } = await boot(undefined, [good])
  t.equal((await simulator.signIn(app, 'pat')).statusCode, 303, 'control: the right certificate signs in')
})
