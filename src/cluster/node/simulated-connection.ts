import type { HttpConnection, NodeConnection } from '../../apiserver/index.ts'
import type { SimulatedNodes } from '../../kubelet/index.ts'
import { unavailable } from '../../machinery/index.ts'

/** The way to simulated nodes, which have metrics to tell and nothing to connect to; others are reached by `others`. */
export function connectSimulated(nodes: () => SimulatedNodes | undefined, others?: NodeConnection): NodeConnection {
  return (node) => {
    const known = nodes()
    if (others !== undefined && known?.has(node.name) !== true) return others(node)
    return connectionOf((path) => answerOf(known, node.name, path))
  }
}

/** What a simulated node answers to a request for a path; undefined for all that it does not have. */
function answerOf(nodes: SimulatedNodes | undefined, name: string, path: string): Answer | undefined {
  if (path === '/metrics/resource') {
    const text = nodes?.resourceMetrics(name)
    return text === undefined ? undefined : { type: 'text/plain; version=0.0.4; charset=utf-8', text }
  }
  if (path.split('?')[0] !== '/stats/summary') return undefined
  const summary = nodes?.statsSummary(name)
  return summary === undefined ? undefined : { type: 'application/json', text: JSON.stringify(summary) }
}
interface Answer {
  readonly type: string
  readonly text: string
}

function connectionOf(answer: (path: string) => Answer | undefined): HttpConnection {
  const refuse = () => unavailable('nodes of this cluster are simulated: there is nothing to connect to')
  return {
    async request({ path }) {
      const answered = answer(path)
      if (answered === undefined) throw refuse()
      const bytes = new TextEncoder().encode(answered.text)
      return {
        status: 200,
        headers: { 'content-type': answered.type },
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
