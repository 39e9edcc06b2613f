// The shop's front: one page, and /api/ handed on to the API service.
const { createServer, request: call } = require('node:http')
const { hostname } = require('node:os')
const { readFileSync } = require('node:fs')

const { PORT = '8080', API_URL = 'http://api:8080', VERSION = '1' } = process.env
const page = readFileSync(`${__dirname}/public/index.html`)
let stopping = false

const server = createServer((request, response) => {
  if (stopping) response.setHeader('Connection', 'close')
  if (request.url === '/healthz') return response.end('ok\n')
  if (request.url === '/version') return response.end(`${JSON.stringify({ version: VERSION, servedBy: hostname() })}\n`)
  if (!request.url.startsWith('/api/')) return response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page)
  const onward = call(new URL(request.url.slice('/api'.length), API_URL), {
    method: request.method,
    headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
    agent: false,
    timeout: 5000,
  })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode, { 'Content-Type': answer.headers['content-type'] ?? 'text/plain' })
    answer.pipe(response)
  })
  onward.on('timeout', () => onward.destroy(new Error('the API takes too long')))
  onward.on('error', (error) => {
    if (response.headersSent) return response.destroy()
    response.writeHead(502, { 'Content-Type': 'application/json' }).end(`${JSON.stringify({ error: error.message })}\n`)
  })
  request.pipe(onward)
})
server.listen(Number(PORT), () => console.log(`web ${VERSION}: port ${PORT}, API at ${API_URL}`))
process.on('SIGTERM', () => {
  // As the API: serve on until the Service no longer sends anything here.
  stopping = true
  setTimeout(() => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  }, 2000)
})
