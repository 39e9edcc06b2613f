import { classOfClaim, type Node, type PersistentVolumeClaim } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import { type BindTools, fits, refuseAlways, type SchedulerPlugin, type Verdict } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PluginArguments } from '../profile/choices.ts'
import { bindDecided, bindTimeoutMsDefault } from '../storage/bind.ts'
import { claimsOf, findOnNode, type NodeStorage, type PodClaims } from '../storage/find.ts'

/** VolumeBinding: a pod goes where its volumes are, or can be had; those that wait for it are bound before it is. */
export function volumeBindingOf({
  bindTimeoutSeconds = bindTimeoutMsDefault / 1000,
}: NonNullable<PluginArguments['VolumeBinding']> = {}): SchedulerPlugin {
  return {
    ...volumeBinding,
    preBind: (facts, nodeName, tools, signal) => bindVolumes(facts, nodeName, tools, bindTimeoutSeconds * 1000, signal),
  }
}

const volumeBinding: SchedulerPlugin = {
  name: 'VolumeBinding',
  wakeOn: [
    'StorageClass/Add',
    'StorageClass/Update',
    'PersistentVolumeClaim/Add',
    'PersistentVolumeClaim/Update',
    'PersistentVolume/Add',
    'PersistentVolume/Update',
    'Node/Add',
    'Node/UpdateLabel',
    'CSINode/Add',
    'CSINode/Update',
    'CSIDriver/Update',
    'CSIStorageCapacity/Add',
    'CSIStorageCapacity/Update',
  ],
  skips: ({ storage }) => storage === undefined || storage.claims.length === 0,
  prepare(facts, columns) {
    const { storage, pod } = facts
    if (storage === undefined || storage.claims.length === 0) return undefined
    const claims = claimsOf(pod, storage, columns.storage)
    if ('refusal' in claims) return { nowhere: refuseAlways(claims.refusal) }
    return {
      filter: (place): Verdict => {
        const found = findOnNode(claims, columns.nodes[place]!, columns.storage)
        return 'reasons' in found ? refuseAlways(found.reasons.join(', ')) : fits
      },
      remedy: (place) => remedyOn(claims, columns.nodes[place]!, columns),
    }
  },
  reserve({ pod, storage }, nodeName, columns) {
    const { book } = columns
    const place = columns.placeOf(nodeName)
    if (storage === undefined || book === undefined || place === undefined) return undefined
    const claims = claimsOf(pod, storage, columns.storage)
    const found = 'refusal' in claims ? undefined : findOnNode(claims, columns.nodes[place]!, columns.storage)
    if (found === undefined || 'reasons' in found)
      throw new Error(`no pod volume found for node ${JSON.stringify(nodeName)}`)
    return isNothing(found) ? undefined : book.decide(pod.metadata.uid, nodeName, found)
  },
}

async function bindVolumes(
  { pod }: PodFacts,
  nodeName: string,
  { client, clock, columns }: BindTools,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { book } = columns
  const decision = book?.decisionOf(pod.metadata.uid)
  if (book === undefined || decision === undefined) return
  const nodeNow = () => columns.nodes[columns.placeOf(nodeName) ?? -1]
  await bindDecided(decision, { client, clock, book, nodeNow, timeoutMs }, signal)
}

const isNothing = ({ bindings, provisions }: NodeStorage) => bindings.length === 0 && provisions.length === 0

function remedyOn({ bound, open }: PodClaims, node: Node, { storage }: NodeColumns): string {
  const names = (claims: readonly PersistentVolumeClaim[]) => claims.map(({ metadata }) => metadata.name).join(', ')
  const found = findOnNode({ bound, open: [] }, node, storage)
  if ('reasons' in found)
    return `the volume of ${names(bound)} is on other nodes: let the pod go there, or take its data over to a new volume`
  const classes = [...new Set(open.map(classOfClaim))].join(', ')
  return `make a volume of the class ${classes} for ${names(open)} that the node can reach, or let its provisioner make them there`
}
