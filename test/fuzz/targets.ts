import type { AnyTarget } from './fuzz.ts'
import { address } from './targets/address.ts'
import { callbackForm } from './targets/callback-form.ts'
import { callbackQuery } from './targets/callback-query.ts'
import { cookieHeader } from './targets/cookies.ts'
import { idToken } from './targets/id-token.ts'
import { keySet } from './targets/key-set.ts'
import { options } from './targets/options.ts'
import { posts } from './targets/posts.ts'
import { returnTarget } from './targets/return-target.ts'
import { start } from './targets/start.ts'
import { trust } from './targets/trust.ts'
import { tokenAnswer } from './targets/token-answer.ts'

/** All targets, in the order in which the command tries them. */
export const targets: readonly AnyTarget[] = [start, callbackQuery, callbackForm, cookieHeader, posts, tokenAnswer, idToken, keySet, returnTarget, address, trust, options]
