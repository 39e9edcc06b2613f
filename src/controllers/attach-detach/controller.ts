import { createHash } from 'node:crypto'
import {
  type Counter,
  isAlreadyExists,
  isTerminal,
  type ObjectName,
  sameJson,
  type Unsaved,
} from '../../machinery/index.ts'
import {
  claimNamesOf,
  csiDrivers,
  type Node,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  type VolumeAttachment,
  volumeAttachments,
} from '../../resources/index.ts'
import type { Cached, Controller, Tools, Turn } from '../runtime/controller.ts'
import { settingsOf } from '../runtime/settings.ts'
import { each } from '../runtime/watches.ts'
import { type AttachPlan, planAttachments, uniqueName, type Wanted } from './plan.ts'

const podsByNode = 'pods of nodes'
const podsByClaim = 'claims of attached pods'
const byNode = 'attachments of nodes'
const byVolume = 'attachments of volumes'
/** What is refused, or waits for the kubelet to let go, is looked at again. */
const againMs = 60_000

/** Has volumes of CSI drivers attached to the nodes whose pods use them, and detached from others. */
export const attachDetachController: Controller = {
  name: 'persistentvolume-attach-detach-controller',
  account: 'attachdetach-controller',
  watches: [
    each(nodes),
    { resource: pods, wake: (pod: Pod) => (hasClaims(pod) ? nodeNamed(pod.spec?.nodeName) : []) },
    { resource: volumeAttachments, wake: ({ spec }: VolumeAttachment) => nodeNamed(spec.nodeName) },
    {
      resource: persistentVolumeClaims,
      wake: ({ metadata }: PersistentVolumeClaim, cached) =>
        cached(pods)
          .by(podsByClaim, `${metadata.namespace}/${metadata.name}`)
          .flatMap(({ spec }) => nodeNamed(spec?.nodeName)),
    },
  ],
  start(tools) {
    const { cached } = tools
    cached(pods).addIndex(podsByNode, (pod) => (hasClaims(pod) ? [pod.spec?.nodeName ?? ''] : []))
    cached(pods).addIndex(podsByClaim, (pod) =>
      hasClaims(pod) ? claimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`) : [],
    )
    cached(volumeAttachments).addIndex(byNode, ({ spec }) => [spec.nodeName])
    cached(volumeAttachments).addIndex(byVolume, ({ spec }) => [spec.source.persistentVolumeName ?? ''])
    cached(persistentVolumes)
    cached(csiDrivers)
    const drain = new Drain(tools)
    return (name, turn) => reconcileNode(tools, drain, name, turn)
  },
}

const hasClaims = ({ spec }: Pod) =>
  (spec?.volumes ?? []).some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim ?? ephemeral)
const nodeNamed = (name: string | undefined): readonly ObjectName[] =>
  name === undefined || name === '' ? [] : [{ name }]

/** Since when attachments wait to be detached, and which of them were taken off by force. */
class Drain {
  readonly #tools: Tools
  readonly #sinceMs = new Map<string, number>()
  readonly #forced: Counter

  constructor(tools: Tools) {
    this.#tools = tools
    this.#forced = tools.metrics.counter(
      'attach_detach_controller_attachdetach_controller_forced_detaches',
      'Number of times the A/D Controller performed a forced detach',
    )
  }

  /** Notes when an attachment was first seen to be of no use; whether that is too long ago. */
  isOverdue({ metadata }: VolumeAttachment): boolean {
    const nowMs = this.#tools.clock.monotonic()
    const sinceMs = this.#sinceMs.get(metadata.uid) ?? nowMs
    this.#sinceMs.set(metadata.uid, sinceMs)
    const { forceDetachMs } = settingsOf(this.#tools.config)
    return forceDetachMs > 0 && nowMs - sinceMs > forceDetachMs
  }

  /** Those of a node that do not wait any more are forgotten; answers when the next one is overdue. */
  next(all: readonly VolumeAttachment[], { held, forced }: AttachPlan): number | undefined {
    for (const reason of forced.values()) this.#forced.inc({ reason })
    const waiting = new Set(held)
    for (const one of all) if (!waiting.has(one)) this.#sinceMs.delete(one.metadata.uid)
    const { forceDetachMs } = settingsOf(this.#tools.config)
    if (held.length === 0 || forceDetachMs <= 0) return undefined
    const nowMs = this.#tools.clock.monotonic()
    const left = held.map(({ metadata }) => (this.#sinceMs.get(metadata.uid) ?? nowMs) + forceDetachMs - nowMs)
    // What is overdue waits for the node to fall silent, which wakes it.
    const due = left.filter((ms) => ms >= 0)
    return due.length === 0 ? undefined : Math.min(...due) + 1
  }
}

async function reconcileNode(tools: Tools, drain: Drain, name: ObjectName, turn: Turn) {
  const { cached, record } = tools
  const attachments = cached(volumeAttachments).by(byNode, name.name)
  const onNode = cached(pods).by(podsByNode, name.name)
  const node = cached(nodes).get(name)
  // Nearly every node: nothing of its pods is ever attached.
  if (attachments.length === 0 && onNode.length === 0 && (node?.status?.volumesAttached ?? []).length === 0)
    return undefined
  const plan = planAttachments(node ?? ({ metadata: name } as Node), {
    pods: node === undefined ? [] : onNode,
    attachments,
    volumesOf: (pod) => volumesOf(cached, pod),
    driver: (driver) => cached(csiDrivers).get({ name: driver }),
    volume: (volume) => cached(persistentVolumes).get({ name: volume }),
    attachmentName: (volume) => attachmentName(volume, name.name),
    isOverdue: (attachment) => drain.isOverdue(attachment),
    attachmentsOf: ({ metadata }) => cached(volumeAttachments).by(byVolume, metadata.name),
    othersUsing: ({ spec }) =>
      cached(pods)
        .by(podsByClaim, `${spec.claimRef?.namespace}/${spec.claimRef?.name}`)
        .filter((pod) => !isTerminal(pod as never) && !['', name.name].includes(pod.spec?.nodeName ?? '')),
  })
  for (const { wanted, message } of plan.refuse)
    for (const pod of wanted.pods) record(pod, 'Warning', 'FailedAttachVolume', message)
  for (const one of plan.attach) await attach(one, name.name, turn)
  await tellNode(node, plan, turn)
  for (const one of plan.detach)
    await turn.client.delete(
      volumeAttachments,
      { name: one.metadata.name },
      { preconditions: { uid: one.metadata.uid } },
    )
  tellPods(tools, plan, attachments, node, onNode)
  const dueMs = drain.next(attachments, plan)
  const againInMs = plan.refuse.length > 0 ? Math.min(againMs, dueMs ?? againMs) : dueMs
  return againInMs === undefined ? undefined : { againInMs }
}

function volumesOf(cached: Cached, pod: Pod): readonly PersistentVolume[] {
  const { namespace = '' } = pod.metadata
  return claimNamesOf(pod).flatMap((name) => {
    const claim = cached(persistentVolumeClaims).get({ namespace, name })
    if (claim?.status?.phase !== 'Bound') return []
    const volume = cached(persistentVolumes).get({ name: claim.spec.volumeName ?? '' })
    return volume === undefined || volume.spec.claimRef?.uid !== claim.metadata.uid ? [] : [volume]
  })
}

/** Kubernetes: drivers and kubelets find the attachment by this name. */
function attachmentName({ spec: { csi } }: PersistentVolume, node: string): string {
  return `csi-${createHash('sha256').update(`${csi?.volumeHandle}${csi?.driver}${node}`).digest('hex')}`
}

async function attach({ volume }: Wanted, nodeName: string, { client }: Turn): Promise<void> {
  const attachment = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: attachmentName(volume, nodeName) },
    spec: { attacher: volume.spec.csi?.driver, nodeName, source: { persistentVolumeName: volume.metadata.name } },
  }
  await client.create(volumeAttachments, attachment as unknown as Unsaved<VolumeAttachment>).catch((error) => {
    if (!isAlreadyExists(error)) throw error
  })
}

async function tellNode(node: Node | undefined, plan: AttachPlan, { client }: Turn): Promise<void> {
  if (node === undefined) return
  const volumesAttached = plan.attached.map((name) => ({ name, devicePath: '' }))
  if (sameJson(volumesAttached, node.status?.volumesAttached ?? [])) return
  const body = { status: { volumesAttached: volumesAttached.length === 0 ? null : volumesAttached } }
  await client.patch(nodes, { name: node.metadata.name }, { type: 'merge', body }, 'status')
}

/** Pods hear of it once: when their volume shows on the Node, and whenever attaching it has failed. */
function tellPods(
  { record, cached }: Tools,
  plan: AttachPlan,
  attachments: readonly VolumeAttachment[],
  node: Node | undefined,
  onNode: readonly Pod[],
): void {
  const before = new Set((node?.status?.volumesAttached ?? []).map(({ name }) => name))
  for (const { spec, status } of attachments) {
    const volume = cached(persistentVolumes).get({ name: spec.source.persistentVolumeName ?? '' })
    const name = volume === undefined ? undefined : uniqueName(volume)
    if (volume === undefined || name === undefined) continue
    const about = `for volume ${JSON.stringify(volume.metadata.name)}`
    const users = onNode.filter((pod) => volumesOf(cached, pod).includes(volume))
    const failure = status?.attachError?.message
    for (const pod of users) {
      if (plan.attached.includes(name) && !before.has(name))
        record(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded ${about} `)
      else if (failure !== undefined && status?.attached !== true)
        record(pod, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed ${about} : ${failure}`)
    }
  }
}
