import type { HttpConnection, NodeConnection } from '../../apiserver/index.ts'
import type { SimulatedNodes } from '../../kubelet/index.ts'
import { unavailable } from '../../machinery/index.ts'

/** The way to simulated nodes, which have metrics to tell and nothing to connect to; others are reached by `others`. */
export function connectSimulated(nodes: () => SimulatedNodes | undefined, others?: NodeConnection): NodeConnection {
  return (node) => {
    const known = nodes()
    if (others !== undefined && known?.has(node.name) !== true) return others(node)
    return connectionOf(() => known?.resourceMetrics(node.name))
  }
}

function connectionOf(metrics: () => string | undefined): HttpConnection {
  const refuse = () => unavailable('nodes of this cluster are simulated: there is nothing to connect to')
  return {
    async request({ path }) {
      const text = path === '/metrics/resource' ? metrics() : undefined
      if (text === undefined) throw refuse()
      const bytes = new TextEncoder().encode(text)
      return {
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body: (async function* () {
          yield bytes
        })(),
      }
    },
    async upgrade() {
      throw refuse()
    },
  }
}
