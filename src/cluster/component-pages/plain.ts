import { createServer } from 'node:http'
import { headersOf } from './guarded.ts'
import type { Asked, Told } from './pages.ts'

const bodyBytesMax = 1024

/** Pages without TLS, for who can reach the address; resolves once it listens. */
export async function openPlain(
  host: string,
  port: number,
  pages: (asked: Asked) => Promise<Told>,
): Promise<AsyncDisposable> {
  const server = createServer((request, response) => {
    const answer = async () => {
      const told = await pages({
        method: request.method ?? 'GET',
        url: new URL(request.url ?? '/', 'http://localhost'),
        accept: request.headers.accept,
        async body() {
          let text = ''
          for await (const chunk of request) if ((text += String(chunk)).length > bodyBytesMax) break
          return text
        },
      })
      response.writeHead(told.code, { ...headersOf(told), 'content-length': Buffer.byteLength(told.text) })
      response.end(request.method === 'HEAD' ? undefined : told.text)
    }
    answer().catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
