#!/usr/bin/env node
// The command line, as a process: all it does is to hand over what a process has.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { realEnvironment } from '../src/core/environment.ts'
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), {
  variables: process.env,
  environment: realEnvironment,
  isTerminal: process.stdout.isTTY,
  readInput: async () => await text(process.stdin),
  importModule: async (path) => await import(pathToFileURL(resolve(path)).href),
  later: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds)
    return () => clearTimeout(timer)
  },
  readFile: (path) => readFileSync(path, 'utf8'),
  fileExists: existsSync,
  write: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`)
})

// An application that was loaded may have left something behind that would keep this process for ever.
setTimeout(() => process.exit(), 1_000).unref()
