import { readFileSync } from 'node:fs'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock, Metrics } from '../../machinery/index.ts'
import type { EgressChoice, EgressName, EgressProxy } from '../config/egress.ts'

/** Opens a connection through a proxy; rejects when the proxy cannot be reached or will not. */
export type Dial = (host: string, port: number) => Promise<Socket>
/** The way to a part of the network; undefined where it is reached directly. */
export type Egress = (name: EgressName) => Dial | undefined

/** Kubernetes: what a proxy may say before the connection is through. */
const answerMax = 1 << 20
const buckets = [0.005, 0.025, 0.1, 0.5, 2.5, 12.5]

/** The ways that a configuration asks for, counted and timed as Kubernetes does. */
export function createEgress(
  choice: EgressChoice,
  parts: { readonly clock: Clock; readonly metrics: Metrics },
): Egress {
  const measures = measuresOf(parts.metrics)
  const dials = new Map(
    Object.entries(choice).map(([name, proxy]) => [name, dialVia(proxy, parts.clock, measures)] as const),
  )
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

function dialVia(proxy: EgressProxy, clock: Clock, { starts, seconds, failures }: ReturnType<typeof measuresOf>): Dial {
  const labels = { protocol: 'http_connect', transport: 'path' in proxy.at ? 'uds' : 'tcp' }
  return async (host, port) => {
    const startedMs = clock.monotonic()
    starts.inc(labels)
    let stage = 'connect'
    try {
      const socket = await reach(proxy)
      stage = 'proxy'
      await ask(socket, proxyName(proxy), isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`)
      seconds.observe((clock.monotonic() - startedMs) / 1000, labels)
      return socket
    } catch (error) {
      failures.inc({ ...labels, stage })
      throw error
    }
  }
}

const proxyName = ({ at }: EgressProxy) => ('path' in at ? at.path : `${at.host}:${at.port}`)

function reach({ at, tls }: EgressProxy): Promise<Socket> {
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
