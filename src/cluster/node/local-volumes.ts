import { kubeletOf, type NodeConnection } from '../../apiserver/index.ts'
import type { LocalVolumes } from '../../controllers/index.ts'
import type { Clock } from '../../machinery/index.ts'
import type { Node } from '../../resources/index.ts'

const answerMsMax = 30_000

/** Has kubelets make and take away the directories of volumes. */
export function localVolumesOf(connect: NodeConnection, clock: Clock): LocalVolumes {
  async function ask(method: 'POST' | 'DELETE', node: Node, name: string): Promise<{ readonly path?: string }> {
    const life = new AbortController()
    using _ = clock.after(answerMsMax, () => life.abort(new Error(`node ${node.metadata.name} does not answer`)))
    const path = `/localVolumes/${encodeURIComponent(name)}`
    const reply = await connect(kubeletOf(node)).request({ method, path, headers: {} }, life.signal)
    const chunks: Uint8Array[] = []
    for await (const chunk of reply.body) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString('utf8')
    if (reply.status !== 200) throw new Error(`node ${node.metadata.name} answers ${reply.status}: ${text.trim()}`)
    return JSON.parse(text)
  }
  return {
    async make(node, name) {
      const { path } = await ask('POST', node, name)
      if (path === undefined) throw new Error(`node ${node.metadata.name} names no path`)
      return path
    },
    async remove(node, name) {
      await ask('DELETE', node, name)
    },
  }
}
