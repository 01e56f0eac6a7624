import fc from 'fast-check'
import t from 'tap'
import { canonicalDomain, type DomainRefusal } from '../../src/verification/domain.ts'

t.test('a domain that UTS 46 would map is refused', async (t) => {
  const mapped = [
    'conto\u017fo.example', 'e\u212a.example', 'a.corp\u3002example', 'a.corp\uff0eexample', 'a.corp\uff61example', '\uff43orp.example',
    'BÜCHER.example', '\u1e9e.example', '\u03a3.example', 'u\u0308.example', '\u2100.example', '\u24d0.example', '\u00bd.example'
  ]
  for (const domain of mapped) t.equal(canonicalDomain(domain).refusal, 'domain_mapped', JSON.stringify(domain))
  for (const domain of ['bücher.example', 'Bücher.EXAMPLE', 'ß.example', 'ς.example', 'σ.example', 'ü.example']) {
    t.equal(canonicalDomain(domain).refusal, null, `${domain}, which is in its normal form, is not`)
  }
})

t.test('an A-label stands for exactly one U-label', async (t) => {
  for (const domain of ['xn--a.example', 'xn--.example', 'xn--a-.example', 'xn--abc-.example', 'xn--bcher-kvaaaaaaaaa99999.example', 'xn--u-ccb.example', 'corp.xn--a']) {
    t.not(canonicalDomain(domain).refusal, null, domain)
  }
  t.equal(canonicalDomain('XN--BCHER-KVA.example').domain, 'xn--bcher-kva.example')
  t.equal(canonicalDomain('bücher.xn--bcher-kva').domain, 'xn--bcher-kva.xn--bcher-kva', 'labels may be spelled in either form, one by one')
})

t.test('what is no domain for mail is refused', async (t) => {
  const refusals: Array<readonly [domain: string, refusal: DomainRefusal]> = [
    ['', 'domain_labels'], ['localhost', 'domain_labels'], ['.', 'domain_labels'], ['corp.example.', 'domain_labels'], ['.corp.example', 'domain_labels'],
    ['corp..example', 'domain_labels'], ['-corp.example', 'domain_labels'], ['corp-.example', 'domain_labels'], ['corp.-example', 'domain_labels'],
    [`${'a'.repeat(64)}.example`, 'domain_labels'], [`${'ü'.repeat(62)}.example`, 'domain_labels'], ['a.'.repeat(127), 'domain_labels'], [`${'é.'.repeat(31)}example`, 'domain_labels'],
    ['co_rp.example', 'domain_characters'], ['co%72p.example', 'domain_characters'], ['corp.example:25', 'domain_characters'],
    ['corp/evil.example', 'domain_characters'], ['corp?.example', 'domain_characters'], ['corp#.example', 'domain_characters'],
    ['a@corp.example', 'domain_characters'], ['[::1]', 'domain_characters'], ['co rp.example', 'domain_characters'], ['corp\\evil.example', 'domain_characters'],
    ['192.0.2.1', 'domain_ip_address'], ['1.2', 'domain_ip_address'], ['0x7f.1', 'domain_ip_address'], ['corp.0x1', 'domain_ip_address'], ['corp.0X', 'domain_ip_address'], ['corp.1', 'domain_ip_address'],
    // A joiner that UTS 46 keeps is still not seen, in either spelling.
    ['\u0915\u094d\u200d\u0937.example', 'domain_characters'], ['xn--11b2ezcw70k.example', 'domain_characters']
  ]
  for (const [domain, refusal] of refusals) t.same(canonicalDomain(domain), { domain: null, refusal }, JSON.stringify(domain))
})

t.test('plain domains hold', async (t) => {
  for (const domain of ['corp.example', 'sub.corp.example', '1.corp.example', 'corp.1e5', 'a--b.example', 'xn--fsqu00a.example', `${'a'.repeat(63)}.example`, `${'a.'.repeat(126)}b`]) {
    t.same(canonicalDomain(domain), { domain, refusal: null }, domain)
  }
})

t.test('the canonical form of a canonical form is itself', async () => {
  const letters = fc.string({ unit: fc.constantFrom(...'abAB01-.xnß\u017fü\u0308\u200d例٠ا\uff0e'), maxLength: 20 })
  fc.assert(fc.property(letters, (text) => {
    const { domain } = canonicalDomain(text)
    return domain === null || (canonicalDomain(domain).domain === domain && /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(domain))
  }), { seed: 46, numRuns: 5_000 })
})
