import { builtInTenants } from './tenants.ts'
import type { Account, Claims } from './types.ts'

const adasAddress = 'ada@contoso.example'
const contoso = builtInTenants.contoso.id
const mallory = builtInTenants.mallory.id
const consumers = builtInTenants.consumers.id

/**
 * One account for each thing that an ID token can say about an e-mail
 * address. Ids are fixed, so that a development database knows them again.
 *
 * Addresses are in domains reserved for examples (RFC 2606). The two names
 * below `onmicrosoft.com` are no addresses: the rule they show names that domain.
 */
export const builtInAccounts: readonly Account[] = [
  account('ada', 'Ada Lovelace', contoso, '4a35ec4e-5d65-4353-87a8-63d19b3482dc',
    'A colleague whose address is verified: xms_edov is true.',
    { email: adasAddress, upn: adasAddress, xms_edov: true, acct: 0, given_name: 'Ada', family_name: 'Lovelace' }),
  account('pat', 'Pat Personal', consumers, '00000000-0000-0000-66f3-3332eca7ea81',
    'A personal account. Its xms_edov is the string "1", as Microsoft has been seen to send it.',
    { email: 'pat@outlook.example', xms_edov: '1' }),
  account('ada-home', 'Ada Lovelace (at home)', consumers, '00000000-0000-0000-4cc9-8bd3a6f0c5e2',
    'Ada\'s personal account with the same verified address: with merging on it joins the first one.',
    { email: adasAddress, xms_edov: '1' }),
  account('grace', 'Grace Guest', contoso, '725607c4-16ec-4fd7-bc9a-ce6987f3a6b5',
    'A guest of Contoso: acct is 1, the upn holds #EXT#, another issuer vouches for her.',
    {
      email: 'grace@fabrikam.example',
      upn: 'grace_fabrikam.example#EXT#@contoso.onmicrosoft.com',
      acct: 1,
      idp: 'https://sts.windows.net/573830dc-6e76-468c-9d1f-71391d36c96d/'
    }),
  account('noel', 'Noel Nomail', contoso, '2ae11f52-8202-42bb-bef1-d10aa57e12a6',
    'A colleague without any address.', {}, 'noel@contoso.example'),
  account('dora', 'Dora Denied', contoso, '875a89c7-6f41-47c0-a2ed-94168ec4e979',
    'A colleague whose address Microsoft denies: xms_edov is false.',
    { email: 'dora@partner.example', xms_edov: false, acct: 0 }),
  account('amir', 'Amir Asserted', contoso, '09409ad5-ce15-4eab-83c6-7f28e7e39e75',
    'A colleague with an address and nothing that speaks for it: no xms_edov.',
    { email: 'amir@contoso.example', acct: 0 }),
  account('vera', 'Vera Verified', contoso, 'a101415d-cedc-4840-bb62-e1971d45e97a',
    'A colleague whose address is in verified_primary_email, without xms_edov.',
    { email: 'vera@contoso.example', verified_primary_email: ['vera@contoso.example'], acct: 0 }),
  account('udo', 'Udo Upn', contoso, '7e998096-dc1e-45e8-927e-f8ea4c0b775f',
    'A colleague with a upn and no e-mail claim.',
    { upn: 'udo@contoso.example', acct: 0 }),
  account('olga', 'Olga Onmicrosoft', contoso, 'a58f3607-b359-483e-b9d0-44ba8d2756d6',
    'A colleague whose upn is below onmicrosoft.com: no address that anybody reads.',
    { upn: 'olga@contoso.onmicrosoft.com', acct: 0 }),
  account('adam', 'Adam Newcomer', contoso, '578aaeb9-bd66-4fea-9c47-cb40808a075f',
    'Got Ada\'s address after she had left: same tenant, verified, but somebody else.',
    { email: adasAddress, xms_edov: true, acct: 0 }),
  account('mallory', 'Mallory', mallory, '05a075fd-720d-494c-a60d-502acc523a4f',
    'An attacker: runs a tenant and typed Ada\'s address into the e-mail field.',
    { email: adasAddress, acct: 0 }, 'mallory@mallory.example'),
  account('mallory-denied', 'Mallory, denied', mallory, '581cf9ea-9c08-4334-8583-c3cdfc0ef9e7',
    'The same attack where xms_edov is asked for: it is false.',
    { email: adasAddress, xms_edov: false, acct: 0 }, 'denied@mallory.example'),
  account('mallory-mapped', 'Mallory, mapped', mallory, '0a8329ba-b902-4ccb-a405-e08484dc08b5',
    'The same attack with email_verified added by a claims-mapping policy.',
    { email: adasAddress, email_verified: true, acct: 0 }, 'mapped@mallory.example'),
  refusing(account('carl', 'Carl Contrary', contoso, '6306a161-369e-44a6-abfc-2a639ad10fad',
    'Says no when asked for consent.',
    { email: 'carl@contoso.example', xms_edov: true, acct: 0 }))
]

function account (
  key: string, name: string, tid: string, oid: string, shows: string, claims: Claims, username?: string
): Account {
  return { key, name, tid, oid, shows, claims, username: username ?? usernameIn(claims)!, refusesConsent: false }
}

function refusing (one: Account): Account {
  return { ...one, refusesConsent: true }
}

/** The sign-in name that claims suggest: the `upn`, else the `email`. */
export function usernameIn (claims: Claims): string | undefined {
  return [claims.upn, claims.email].find((value) => typeof value === 'string') as string | undefined
}
