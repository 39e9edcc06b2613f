import type { HttpConnection, IncomingReply, NetworkConnection } from '../../apiserver/index.ts'
import type { AddressedPod, SimulatedNodes } from '../../kubelet/index.ts'
import { unavailable } from '../../machinery/index.ts'

/** Says what keeps packets from a node that has an address of a pod; undefined when they arrive. */
export type Reaches = (nodeName: string, address: string) => Promise<string | undefined>

/**
 * The way to simulated pods, which answer as their annotation says; all else is reached by `others`. Where there is a cloud,
 * packets arrive by its route table.
 */
export function connectSimulatedPods(
  nodes: () => SimulatedNodes | undefined,
  others: NetworkConnection,
  reaches?: Reaches,
): NetworkConnection {
  return (target) => {
    const found = nodes()?.podAt(target.host)
    if (found === undefined) return others(target)
    return connectionTo(target, found, reaches)
  }
}

function connectionTo(
  { host, port }: { readonly host: string; readonly port: number },
  { nodeName, running, answer }: AddressedPod,
  reaches: Reaches | undefined,
): HttpConnection {
  const dial = async (): Promise<void> => {
    const problem = (await reaches?.(nodeName, host)) ?? (running ? undefined : 'no route to host')
    if (problem !== undefined) throw new Error(`dial tcp ${host}:${port}: connect: ${problem}`)
  }
  return {
    async request({ path }): Promise<IncomingReply> {
      await dial()
      const reply = answer(path)
      if (reply === undefined) throw new Error(`dial tcp ${host}:${port}: connect: connection refused`)
      const { status, body } = reply
      const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
      return {
        status,
        headers: { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' },
        body: (async function* () {
          yield bytes
        })(),
      }
    },
    async upgrade() {
      await dial()
      throw unavailable('pods of simulated nodes have nothing to connect to')
    },
  }
}
