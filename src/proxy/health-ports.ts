import { createServer, type Server } from 'node:http'
import { networkInterfaces } from 'node:os'
import { cidrContains, type Log, parseCidr, parseIp } from '../machinery/index.ts'
import type { HealthPort } from './rules/rules.ts'

const everywhere = '0.0.0.0'

/** The ports at which load balancers ask whether a node has endpoints of a service whose traffic stays on its node. */
export class HealthPorts implements AsyncDisposable {
  readonly #wanted = new Map<string, HealthPort>()
  readonly #open = new Map<string, { readonly port: number; readonly servers: readonly Server[] }>()
  readonly #ranges: readonly string[]
  readonly #isHealthy: () => boolean
  readonly #log: Log

  /** Answers at addresses within the ranges; of none, at every address. */
  constructor(ranges: readonly string[], isHealthy: () => boolean, log: Log) {
    this.#ranges = ranges
    this.#isHealthy = isHealthy
    this.#log = log
  }

  /** What is asked of a service now; undefined for nothing. A port that is taken is tried again with the next change. */
  put(key: string, wanted: HealthPort | undefined): void {
    if (wanted === undefined) this.#wanted.delete(key)
    else this.#wanted.set(key, wanted)
    const open = this.#open.get(key)
    if (open?.port === wanted?.port) return
    if (open !== undefined) void close(open.servers)
    this.#open.delete(key)
    if (wanted === undefined) return
    const servers = addressesWithin(this.#ranges).map((host) => this.#listen(key, host, wanted.port))
    this.#open.set(key, { port: wanted.port, servers })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ servers }) => close(servers)))
  }

  #listen(key: string, host: string, port: number): Server {
    const server = createServer((_request, response) => {
      const wanted = this.#wanted.get(key)
      if (wanted === undefined) return void response.destroy()
      const { namespace, name, localEndpoints } = wanted
      const serviceProxyHealthy = this.#isHealthy()
      const told = { service: { namespace, name }, localEndpoints, serviceProxyHealthy }
      response.writeHead(localEndpoints > 0 && serviceProxyHealthy ? 200 : 503, {
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'x-load-balancing-endpoint-weight': String(localEndpoints),
      })
      response.end(JSON.stringify(told, undefined, '\t'))
    })
    server.on('error', (error) => {
      this.#log.error('the health check port of a service cannot be opened', error, { service: key, port })
      if (this.#open.get(key)?.servers.includes(server) === true) this.#open.delete(key)
    })
    return server.listen(port, host)
  }
}

function addressesWithin(ranges: readonly string[]): readonly string[] {
  if (ranges.length === 0) return [everywhere]
  const known = ranges.flatMap((range) => parseCidr(range) ?? [])
  const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
  return addresses.filter((text) => {
    const address = parseIp(text)
    return address !== undefined && known.some((range) => cidrContains(range, address))
  })
}

async function close(servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    if (server.listening) await new Promise((resolve) => server.close(resolve).closeAllConnections())
    else server.close()
  }
}
