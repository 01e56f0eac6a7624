// A single-page app at an origin of its own, and the server that signs its people in: npm run example:single-page-app,
// then open the front end. The two are one site (the port makes no other one), so that cookies come along.
import { startApi } from './api.ts'
import { startFrontEnd } from './front-end.ts'

const port = Number(process.env.PORT ?? 3000)
const api = process.env.BASE_URL ?? `http://localhost:${port}`
const frontEnd = process.env.FRONT_END_URL ?? `http://localhost:${port + 1}`

await startFrontEnd(frontEnd, api)
await startApi(api, frontEnd)
console.log(`The front end is at ${frontEnd}, and signs people in at ${api}`)
