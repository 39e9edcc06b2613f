// A small store of records: an append-only file, replayed at the start, every write on disk before it is answered.
const { createServer } = require('node:http')
const { createReadStream } = require('node:fs')
const { open } = require('node:fs/promises')
const { createInterface } = require('node:readline')
const { join } = require('node:path')

const { PORT = '5432', DATA_DIRECTORY = '/data', PASSWORD = '' } = process.env
const file = join(DATA_DIRECTORY, 'records.jsonl')
const records = new Map()

async function main() {
  const log = await open(file, 'a+')
  for await (const line of createInterface({ input: createReadStream(file) })) {
    try {
      const [key, value] = JSON.parse(line)
      records.set(key, value)
    } catch {
      console.error('passed over a line that was not written to its end')
    }
  }
  let writing = Promise.resolve()
  const append = (key, value) => {
    writing = writing.then(async () => {
      await log.write(`${JSON.stringify([key, value])}\n`)
      await log.datasync()
      records.set(key, value)
    })
    return writing
  }
  const server = createServer(async (request, response) => {
    try {
      if (request.url === '/healthz') return response.end('ok\n')
      if (request.headers.authorization !== `Bearer ${PASSWORD}`) return response.writeHead(401).end('who are you?\n')
      const key = decodeURIComponent(request.url.slice(1))
      if (request.method === 'PUT') {
        let body = ''
        for await (const chunk of request) body += chunk
        await append(key, JSON.parse(body))
        return response.writeHead(204).end()
      }
      response.setHeader('Content-Type', 'application/json')
      if (key === '') return response.end(JSON.stringify(Object.fromEntries(records)))
      if (!records.has(key)) return response.writeHead(404).end('null')
      response.end(JSON.stringify(records.get(key)))
    } catch (error) {
      response.writeHead(500).end(`${error.message}\n`)
    }
  })
  server.listen(Number(PORT), () => console.log(`database: ${records.size} records, port ${PORT}`))
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  })
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
