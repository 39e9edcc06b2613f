/** Nodes, pods and groups for tests of plans: builders that take only what matters. */
import { manualClock, seededRandom } from '../../machinery/index.ts'
import type { Node, Pod, PodDisruptionBudget } from '../../resources/index.ts'
import { profileOf, Trial } from '../../scheduler/index.ts'
import type { GroupView } from './scale-up.ts'

export const startMs = manualClock().now()

/** A node that is ready and has so many processors. */
export function nodeOf(
  name: string,
  cpu: number,
  wish: { labels?: Record<string, string>; taints?: object[] } = {},
): Node {
  const room = { cpu: String(cpu), memory: `${cpu * 4}Gi`, pods: '110' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, labels: { 'kubernetes.io/hostname': name, ...wish.labels } },
    spec: wish.taints === undefined ? {} : { taints: wish.taints },
    status: { capacity: room, allocatable: room, conditions: [{ type: 'Ready', status: 'True' }] },
  } as unknown as Node
}

/** A pod of a ReplicaSet that asks for so much. */
export function podOf(name: string, cpu: string, wish: { metadata?: object; spec?: object } = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, namespace: 'default', uid: name, labels: { app: name.replace(/-.*/, '') } },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'set', uid: 'set', controller: true }],
      ...wish.metadata,
    },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }], ...wish.spec },
    status: {},
  } as unknown as Pod
}

/** A group of nodes with so many processors, at a price per node. */
export function groupOf(
  id: string,
  cpu: number,
  pricePerHour: number,
  wish: Partial<GroupView> & { labels?: Record<string, string>; taints?: object[] } = {},
): GroupView {
  const { labels, taints, ...rest } = wish
  const look = { ...(labels === undefined ? {} : { labels }), ...(taints === undefined ? {} : { taints }) }
  return { id, minSize: 0, maxSize: 10, targetSize: 0, pricePerHour, template: nodeOf(id, cpu, look), ...rest }
}

/** A cluster to try things in: nodes, and pods on them. */
export function trialOf(nodes: readonly Node[], placed: Readonly<Record<string, readonly Pod[]>> = {}): Trial {
  const trial = new Trial([profileOf({})], seededRandom(1))
  for (const node of nodes) trial.setNode(node)
  for (const [name, pods] of Object.entries(placed)) for (const pod of pods) trial.addPod(pod, name)
  return trial
}

/** A budget for the pods of an app. */
export function budgetOf(app: string, disruptionsAllowed: number): PodDisruptionBudget {
  return {
    metadata: { name: app, namespace: 'default', uid: app },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed },
  } as unknown as PodDisruptionBudget
}
