// Takes a check out of what runs: node --import tools/mutations/mutate.ts, with MUTATION in the environment.
// Sources are changed while they are loaded; no file is.
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { apply, type Edit } from './edit.ts'

const root = join(import.meta.dirname, '../..')
const edits = JSON.parse(process.env.MUTATION ?? '[]') as Edit[]
const byUrl = Map.groupBy(edits, ({ file }) => pathToFileURL(join(root, file)).href)

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context)
    const mine = byUrl.get(url)
    if (mine === undefined || loaded.source === undefined || loaded.source === null) return loaded
    const text = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
    return { ...loaded, source: mine.reduce(apply, text) }
  }
})
