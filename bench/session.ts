import { type ClientHttp2Session, connect } from 'node:http2'
import { performance } from 'node:perf_hooks'
import { parseYaml } from '../src/machinery/index.ts'
import type { Endpoint } from './plain-http2.ts'

/** One HTTP/2 connection to a cluster's API, as its administrator. */
export interface Session {
  readonly http2: ClientHttp2Session
  /** Resolves with the milliseconds a call took; rejects on a failure of the connection or a code from 400 on. */
  call(method: string, path: string, body?: object, contentType?: string): Promise<number>
  /** What a path answers. */
  text(path: string): Promise<string>
}

/** What a kubeconfig says of its cluster and user. */
export function endpointOf(kubeconfigText: string): Endpoint {
  const kubeconfig = parseYaml(kubeconfigText).value as any
  const decode = (text: string) => Buffer.from(text, 'base64').toString()
  const { server, 'certificate-authority-data': ca } = kubeconfig.clusters[0].cluster
  const { 'client-certificate-data': cert, 'client-key-data': key } = kubeconfig.users[0].user
  return { server, ca: decode(ca), cert: decode(cert), key: decode(key) }
}

export function openSession(kubeconfig: string | Endpoint): Session {
  const { server, ca, cert, key } = typeof kubeconfig === 'string' ? endpointOf(kubeconfig) : kubeconfig
  // Windows as Go's HTTP/2 client has them, and with it kubectl.
  const http2 = connect(server, { ca, cert, key, settings: { initialWindowSize: 4 << 20, enablePush: false } })
  http2.once('connect', () => http2.setLocalWindowSize(1 << 30))
  const send = (
    method: string,
    path: string,
    body: object | undefined,
    contentType: string,
    take: (b: Buffer) => void,
  ) =>
    new Promise<number>((resolve, reject) => {
      const startedMs = performance.now()
      const stream = http2.request({
        ':method': method,
        ':path': path,
        'content-type': contentType,
        'user-agent': 'bench',
      })
      stream.once('error', reject)
      stream.once('response', ({ ':status': code = 0 }) => {
        if (code >= 400) reject(new Error(`${method} ${path} answered ${code}`))
      })
      stream.on('data', take)
      stream.once('end', () => resolve(performance.now() - startedMs))
      stream.end(body === undefined ? undefined : JSON.stringify(body))
    })
  return {
    http2,
    call: (method, path, body, contentType = 'application/json') => send(method, path, body, contentType, () => {}),
    async text(path) {
      const pieces: Buffer[] = []
      await send('GET', path, undefined, 'application/json', (piece) => pieces.push(piece))
      return Buffer.concat(pieces).toString()
    },
  }
}

/** Runs `count` calls, 32 at a time; resolves with the milliseconds of all and of each. */
export async function atOnce(count: number, one: (at: number) => Promise<number>) {
  const each: number[] = []
  let at = 0
  const startedMs = performance.now()
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (at < count) each.push(await one(at++))
    }),
  )
  return { ms: performance.now() - startedMs, each }
}
