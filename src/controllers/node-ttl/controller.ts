import { isNotFound, nameOf } from '../../machinery/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { forAll } from '../runtime/slow-start.ts'
import { secondsOf, stepOf } from './plan.ts'

const annotation = 'node.alpha.kubernetes.io/ttl'

/** Tells nodes how long their kubelets may rest on what they know. */
export const nodeTtlController: Controller = {
  name: 'ttl-controller',
  account: 'ttl-controller',
  watches: [
    {
      resource: nodes,
      matters: (next: Node, previous: Node) =>
        next.metadata.uid !== previous.metadata.uid ||
        next.metadata.annotations?.[annotation] !== previous.metadata.annotations?.[annotation],
      wake: ({ metadata }: Node) => [{ name: metadata.name }],
    },
  ],
  start({ cached }) {
    const all = cached(nodes)
    let step = 0
    return async function reconcile(name, { client }) {
      const there = all.list()
      const before = step
      step = stepOf(there.length, before)
      const seconds = String(secondsOf(step))
      const concerned = step === before ? [all.get(name)].filter((one) => one !== undefined) : there
      const others = concerned.filter(({ metadata }) => metadata.annotations?.[annotation] !== seconds)
      await forAll(others, async (node) => {
        const body = { metadata: { uid: node.metadata.uid, annotations: { [annotation]: seconds } } }
        await client.patch(nodes, nameOf(node), { type: 'strategic', body }).catch((error: unknown) => {
          if (!isNotFound(error)) throw error
        })
      })
      return undefined
    }
  },
}
