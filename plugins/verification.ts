import fp from 'fastify-plugin'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { type OptionRules, readOptions } from '../src/core/options.ts'
import type { ScoredEmail } from '../src/verification/types.ts'
