import type * as Http from 'node:http'

/**
 * Node's HTTP module, for its values; types come from `node:http`.
 *
 * An `import` of it reads every name that it exports at once. One of them is WebSocket, for which Node loads and compiles
 * its client for `fetch`: that is 30 ms of every start and some megabytes, whether anybody sends a request or not.
 */
export const nodeHttp: typeof Http = process.getBuiltinModule('node:http')
