import { readFileSync } from 'node:fs'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { Clock, Metrics, Random } from '../../machinery/index.ts'
import type { EgressChoice, EgressName, EgressProxy } from '../config/egress.ts'
import type { ReachedProxy } from './tunnel.ts'

/** Opens a connection through a proxy; rejects when the proxy cannot be reached or will not. */
export type Dial = (host: string, port: number) => Promise<Duplex>
/** The way to a part of the network; undefined where it is reached directly. */
export type Egress = (name: EgressName) => Dial | undefined

/** Kubernetes: what a proxy may say before the connection is through. */
const answerMax = 1 << 20
const buckets = [0.005, 0.025, 0.1, 0.5, 2.5, 12.5]

export interface EgressParts {
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
}

/** The ways that a configuration asks for, counted and timed as Kubernetes does. */
export function createEgress(choice: EgressChoice, parts: EgressParts): Egress {
  const measures = measuresOf(parts.metrics)
  const dials = new Map(Object.entries(choice).map(([name, proxy]) => [name, dialVia(proxy, parts, measures)] as const))
  return (name) => dials.get(name)
}

function measuresOf(metrics: Metrics) {
  const prefix = 'apiserver_egress_dialer_dial'
  return {
    starts: metrics.counter(
      `${prefix}_start_total`,
      'Dial starts, labeled by the protocol (http-connect or grpc) and transport (tcp or uds).',
    ),
    seconds: metrics.histogram(
      `${prefix}_duration_seconds`,
      'Dial latency histogram in seconds, labeled by the protocol (http-connect or grpc), transport (tcp or uds)',
      buckets,
    ),
    failures: metrics.counter(
      `${prefix}_failure_count`,
      'Dial failure count, labeled by the protocol (http-connect or grpc), transport (tcp or uds), and stage (connect or proxy). The stage indicates at which stage the dial failed',
    ),
  }
}

function dialVia(
  proxy: EgressProxy,
  parts: EgressParts,
  { starts, seconds, failures }: ReturnType<typeof measuresOf>,
): Dial {
  const { clock } = parts
  const labels = {
    protocol: proxy.protocol === 'GRPC' ? 'grpc' : 'http_connect',
    transport: 'path' in proxy.at ? 'uds' : 'tcp',
  }
  return async (host, port) => {
    const address = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
    const startedMs = clock.monotonic()
    starts.inc(labels)
    let stage = 'connect'
    try {
      const reached = await reach(proxy, parts)
      stage = 'proxy'
      const opened = await reached.dial(address)
      seconds.observe((clock.monotonic() - startedMs) / 1000, labels)
      return opened
    } catch (error) {
      failures.inc({ ...labels, stage })
      throw error
    }
  }
}

const proxyName = ({ at }: EgressProxy) => ('path' in at ? at.path : `${at.host}:${at.port}`)

/** Reaches the proxy, in the way it wants to be asked; what is needed for gRPC is loaded only there. */
async function reach(proxy: EgressProxy, parts: EgressParts): Promise<ReachedProxy> {
  if (proxy.protocol === 'GRPC' && 'path' in proxy.at) {
    const { reachTunnel } = await import('./tunnel.ts')
    return reachTunnel(proxy.at.path, parts)
  }
  const socket = await connectTo(proxy)
  return {
    async dial(address) {
      await ask(socket, proxyName(proxy), address)
      return socket
    },
  }
}

function connectTo({ at, tls }: EgressProxy): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket =
      tls === undefined
        ? connectTcp(at)
        : connectTls({
            ...(at as { readonly host: string; readonly port: number }),
            // The files are read with each connection, so that new certificates take effect.
            cert: readFileSync(tls.clientCert),
            key: readFileSync(tls.clientKey),
            ...(tls.caBundle === undefined ? {} : { ca: readFileSync(tls.caBundle) }),
            ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
          })
    socket.once('error', fail)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.off('error', fail)
      done(socket)
    })
  })
}

/** Asks the proxy for a connection; what follows its answer belongs to the other side. */
function ask(socket: Socket, proxy: string, target: string): Promise<void> {
  return new Promise((done, fail) => {
    let answer = Buffer.alloc(0)
    const stop = (error: Error) => {
      socket.destroy()
      fail(error)
    }
    const broken = (why: string) =>
      stop(new Error(`reading HTTP response from CONNECT to ${target} via proxy ${proxy} failed: ${why}`))
    const onEnd = () => broken('unexpected EOF')
    const onError = (error: Error) => broken(error.message)
    const onData = (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk])
      const end = answer.indexOf('\r\n\r\n')
      if (end < 0 && answer.length <= answerMax) return
      socket.off('data', onData).off('end', onEnd).off('error', onError)
      const [, code, status] = /^HTTP\/1\.[01] ((\d{3})[^\r]*)/.exec(answer.toString('latin1')) ?? []
      if (end < 0 || status === undefined) return broken('malformed HTTP response')
      if (status !== '200')
        return stop(new Error(`proxy error from ${proxy} while dialing ${target}, code ${status}: ${code}`))
      const early = answer.length - end - 4
      if (early > 0)
        return stop(new Error(`unexpected ${early} bytes of buffered data from CONNECT proxy ${JSON.stringify(proxy)}`))
      done()
    }
    socket.on('data', onData).once('end', onEnd).once('error', onError)
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  })
}
