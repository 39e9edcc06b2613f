import { type ClientHttp2Session, connect } from 'node:http2'
import { performance } from 'node:perf_hooks'
import { parseYaml } from '../src/machinery/index.ts'

/** One HTTP/2 connection to a cluster's API, as its administrator. */
export interface Session {
  readonly http2: ClientHttp2Session
  /** Resolves with the milliseconds a call took; rejects on a failure of the connection or a code from 400 on. */
  call(method: string, path: string, body?: object, contentType?: string): Promise<number>
}

export function openSession(kubeconfigText: string): Session {
  const kubeconfig = parseYaml(kubeconfigText).value as any
  const decode = (text: string) => Buffer.from(text, 'base64').toString()
  const { server, 'certificate-authority-data': ca } = kubeconfig.clusters[0].cluster
  const { 'client-certificate-data': cert, 'client-key-data': key } = kubeconfig.users[0].user
  // Windows as Go's HTTP/2 client has them, and with it kubectl.
  const http2 = connect(server, {
    ca: decode(ca),
    cert: decode(cert),
    key: decode(key),
    settings: { initialWindowSize: 4 << 20, enablePush: false },
  })
  http2.once('connect', () => http2.setLocalWindowSize(1 << 30))
  return {
    http2,
    call: (method, path, body, contentType = 'application/json') =>
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
        stream.on('data', () => {})
        stream.once('end', () => resolve(performance.now() - startedMs))
        stream.end(body === undefined ? undefined : JSON.stringify(body))
      }),
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
