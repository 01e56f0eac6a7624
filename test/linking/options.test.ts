import t from 'tap'
import { readOptions } from '../../src/core/options.ts'
import { type LinkingOptions, linkingOptionRules, policyOf } from '../../src/linking/options.ts'
import { defaults } from './world.ts'

const read = (given: object) => readOptions<LinkingOptions>('linking', linkingOptionRules, given)
const switches = ['use_email_as_identifier', 'allow_email_account_merge', 'requireVerifiedEmail', 'allowSignup', 'endSessionsOnMerge'] as const

t.test('by default nothing merges and no address is a key', async (t) => {
  t.same(policyOf(read({})), defaults)
  t.equal(read({}).accounts, undefined)
})

t.test('every switch comes into the policy', async (t) => {
  for (const name of switches) t.same(policyOf(read({ [name]: !defaults[name] })), { ...defaults, [name]: !defaults[name] })
})

t.test('what is no boolean is refused by name (X05)', async (t) => {
  for (const name of switches) {
    for (const value of ['true', 1, null]) {
      t.throws(() => read({ [name]: value }), { code: 'FST_ENTRA_CONFIGURATION', message: new RegExp(`^linking: option "${name}" must be true or false, but .+ was given\\.$`) })
    }
  }
  t.throws(() => read({ allow_email_acount_merge: true }), { message: /there is no option "allow_email_acount_merge"\. Did you mean "allow_email_account_merge"\?/ })
})

t.test('an account table of one\'s own has a method "transaction"', async (t) => {
  const accounts = { transaction: async () => {} }
  t.equal(typeof read({ accounts }).accounts?.transaction, 'function')
  for (const value of [null, {}, { transaction: true }, 'sqlite', () => {}]) {
    t.throws(() => read({ accounts: value }), { message: /^linking: option "accounts" must be an AccountStore: an object with the method "transaction", but / })
  }
})
