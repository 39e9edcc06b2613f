import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CloudAction, cloudActions } from '../calls.ts'
import type { Caller, Cloud } from '../cloud.ts'
import { CloudError, invalid } from '../errors.ts'

const bodyBytesMax = 1024 * 1024
const changesPath = '/v1/changes'

export interface ServedCloud extends AsyncDisposable {
  readonly port: number
}

/** Serves a cloud at the loopback address: the owner shows the given token, instances their own. */
export async function serveCloud(
  cloud: Cloud,
  options: { readonly port: number; readonly ownerToken: string },
): Promise<ServedCloud> {
  const server = createServer((request, response) => {
    answer(cloud, options.ownerToken, request).then(
      (body) => reply(response, 200, body),
      (error) => {
        const { status, code, message, rule } =
          error instanceof CloudError ? error : new CloudError(500, 'InternalError', String(error))
        reply(response, status, { code, message, ...(rule === '' ? {} : { rule }) })
      },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

async function answer(cloud: Cloud, ownerToken: string, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? '/', 'http://cloud')
  const method = request.method ?? 'GET'
  const api = cloud.as(callerOf(cloud, ownerToken, request))
  if (method === 'GET' && url.pathname === changesPath) {
    const gone = new AbortController()
    request.socket.once('close', () => gone.abort(new CloudError(408, 'Timeout', 'whoever asked is gone')))
    const revision = await api.changed(Number(url.searchParams.get('after') ?? 0), gone.signal)
    return { revision, name: cloud.name, region: cloud.region }
  }
  const found = actionOf(method, url.pathname)
  if (found === undefined) throw new CloudError(404, 'NotFound', `there is no ${method} ${url.pathname}`)
  const body = method === 'GET' ? {} : await bodyOf(request)
  return api.call(found.action, { ...body, ...(found.id === undefined ? {} : { id: found.id }) } as never)
}

function callerOf(cloud: Cloud, ownerToken: string, request: IncomingMessage): Caller {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const caller = token === ownerToken ? 'owner' : token === undefined ? undefined : cloud.callerOf(token)
  if (caller === undefined)
    throw new CloudError(
      401,
      'InvalidToken',
      'show the token of the owner or of an instance: Authorization: Bearer TOKEN',
    )
  return caller
}

function actionOf(method: string, path: string): { readonly action: CloudAction; readonly id?: string } | undefined {
  for (const [action, [wanted, pattern]] of Object.entries(cloudActions)) {
    if (wanted !== method) continue
    const match = new RegExp(`^${pattern.replace('{id}', '([^/]+)')}$`).exec(path)
    if (match === null) continue
    return { action: action as CloudAction, ...(match[1] === undefined ? {} : { id: decodeURIComponent(match[1]) }) }
  }
  return undefined
}

async function bodyOf(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyBytesMax) throw new CloudError(413, 'TooLarge', `more than ${bodyBytesMax} bytes`)
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString()
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('the body is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('the body is not an object')
  return value
}
