#!/usr/bin/env node
// The command line, as a process: all it does is to hand over what a process has.
import { existsSync, readFileSync } from 'node:fs'
import { realEnvironment } from '../src/core/environment.ts'
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), {
  variables: process.env,
  environment: realEnvironment,
  readFile: (path) => readFileSync(path, 'utf8'),
  fileExists: existsSync,
  write: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`)
})
