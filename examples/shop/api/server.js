// The shop's API: products and orders, kept in the database that the environment names.
const { createServer } = require('node:http')
const { hostname } = require('node:os')
const { existsSync } = require('node:fs')

const { PORT = '8080', DATABASE_URL = 'http://database:5432', DATABASE_PASSWORD = '', CURRENCY = 'EUR' } = process.env
const headers = { authorization: `Bearer ${DATABASE_PASSWORD}` }
const products = [
  { id: 'sextant', price: 120 },
  { id: 'lantern', price: 35 },
  { id: 'rope', price: 8 },
]
let stopping = false

async function database(path, init = {}) {
  const answer = await fetch(`${DATABASE_URL}/${path}`, { ...init, headers, signal: AbortSignal.timeout(2000) })
  if (!answer.ok) throw new Error(`the database answered ${answer.status}`)
  return answer.status === 204 ? undefined : answer.json()
}

/** Ready means: not stopping, not told otherwise, and the database answers. */
async function isReady() {
  if (stopping || existsSync('/tmp/not-ready')) return false
  return fetch(`${DATABASE_URL}/healthz`, { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok,
    () => false,
  )
}

const routes = {
  'GET /healthz': async () => ({ status: 200, body: { ok: true } }),
  'GET /readyz': async () => ((await isReady()) ? { status: 200, body: { ready: true } } : { status: 503, body: {} }),
  'GET /products': async () => ({ status: 200, body: { currency: CURRENCY, products, servedBy: hostname() } }),
  'GET /orders': async () => ({ status: 200, body: await database('') }),
  'POST /orders': async (order) => {
    if (!products.some(({ id }) => id === order?.product)) return { status: 422, body: { error: 'no such product' } }
    const id = crypto.randomUUID()
    await database(id, { method: 'PUT', body: JSON.stringify({ ...order, id }) })
    return { status: 201, body: { id } }
  },
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://api')
  const route = routes[`${request.method} ${pathname}`]
  let answer = { status: 404, body: { error: 'not found' } }
  try {
    let body = ''
    for await (const chunk of request) body += chunk
    if (route !== undefined) answer = await route(body === '' ? undefined : JSON.parse(body))
  } catch (error) {
    answer = { status: 502, body: { error: error.message } }
  }
  response.writeHead(answer.status, {
    'Content-Type': 'application/json',
    ...(stopping ? { Connection: 'close' } : {}),
  })
  response.end(`${JSON.stringify(answer.body)}\n`)
})
server.listen(Number(PORT), () => console.log(`api: port ${PORT}, database at ${DATABASE_URL}`))
process.on('SIGTERM', () => {
  // Requests still come until every node has heard that this pod is leaving: serve on, then finish what is under way.
  stopping = true
  setTimeout(() => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  }, 2000)
})
