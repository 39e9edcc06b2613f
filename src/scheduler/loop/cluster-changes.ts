import { isActive, isTerminal, sameJson } from '../../machinery/index.ts'
import { type Node, type Pod, pods } from '../../resources/index.ts'
import type { ClusterChange, Happened } from '../framework/framework.ts'
import { factsOf, heldKeyOf, relabelled } from '../framework/pod-facts.ts'
import { groupNameOf } from '../gang/pod-groups.ts'
import { mayHelp } from './hints.ts'
import type { Room } from './room.ts'
import { nameOfProfile, type Shared } from './shared.ts'

/** What changes of nodes and pods mean to the scheduler: its books, and who is tried again. */
export class ClusterChanges {
  readonly #shared: Shared
  readonly #room: Room
  readonly #devicesReady: () => Promise<void>

  constructor(shared: Shared, room: Room, devicesReady: () => Promise<void>) {
    this.#shared = shared
    this.#room = room
    this.#devicesReady = devicesReady
  }

  nodeChanged(next: Node | undefined, previous: Node | undefined): void {
    if (next === undefined) {
      if (previous !== undefined) this.#shared.columns.removeNode(previous.metadata.name)
      return
    }
    if (next === previous) return
    const isNew = this.#shared.columns.placeOf(next.metadata.name) === undefined
    this.#shared.columns.setNode(next)
    if (isNew) {
      // Pods that were bound before their node was known are counted now.
      for (const pod of this.#shared.parts.informers.of(pods).by('node', next.metadata.name))
        if (!isTerminal(pod as never)) this.#shared.columns.addPod(factsOf(pod), next.metadata.name)
      this.#wake({ change: 'Node/Add', node: next })
      return
    }
    for (const change of nodeChanges(next, previous)) this.#wake({ change, node: next })
  }

  /** Pods are tried again that this could help, as those say that refused them. */
  #wake(happened: Happened): void {
    const { queue, columns, profiles, measures, parts } = this.#shared
    const { change } = happened
    let sinceMs = parts.clock.monotonic()
    const startedMs = sinceMs
    const told = (plugin: string, helps: boolean) => {
      const nowMs = parts.clock.monotonic()
      measures.hinted(plugin, change, helps, (nowMs - sinceMs) / 1000)
      sinceMs = nowMs
    }
    queue.wake(change, (pod, refusedBy) => {
      const plugins = profiles.get(nameOfProfile(pod))?.plugins
      return plugins === undefined || mayHelp(plugins, pod, refusedBy, happened, columns, told)
    })
    measures.handled(change, (parts.clock.monotonic() - startedMs) / 1000)
  }

  podChanged(next: Pod | undefined, previous: Pod | undefined): void {
    const uid = (next ?? previous)!.metadata.uid
    if (previous !== undefined && next !== undefined && previous.metadata.uid !== uid) this.#podGone(previous)
    if (next === undefined) {
      this.#podGone(previous!)
      return
    }
    const nodeName = next.spec?.nodeName ?? ''
    if (nodeName !== '') {
      this.#shared.queue.delete(uid)
      this.#shared.assumed.delete(uid)
      this.#shared.nominations.delete(uid)
      if (isTerminal(next as never)) {
        this.#shared.columns.removePod(uid)
        if (previous === undefined || !isTerminal(previous as never)) this.#podHappened('AssignedPod/Delete', next)
        return
      }
      const isNew = previous?.spec?.nodeName !== nodeName
      // What a pod asks for moves its generation; of its status, which moves most often, only a resize is of concern here.
      // That a pod is told to go moves it as well, and makes no room yet.
      const isToldToGo =
        previous?.metadata.deletionTimestamp === undefined && next.metadata.deletionTimestamp !== undefined
      const asksOther =
        (previous?.metadata.generation !== next.metadata.generation &&
          !(isToldToGo && previous !== undefined && sameJson(previous.spec, next.spec))) ||
        (previous !== undefined && heldKeyOf(previous) !== heldKeyOf(next))
      const isOther = asksOther || !sameJson(previous?.metadata.labels, next.metadata.labels)
      const { columns } = this.#shared
      const known = columns.nodeNameOfPod(uid) === nodeName ? columns.factsOfPod(uid) : undefined
      if (known === undefined || asksOther) columns.addPod(factsOf(next), nodeName)
      else if (isOther) columns.addPod(relabelled(known, next), nodeName)
      else columns.renewPod(next)
      if (isNew) this.#podHappened('AssignedPod/Add', next)
      else if (isOther) this.#podHappened('AssignedPod/Update', next)
      return
    }
    if (!isActive(next as never)) {
      this.#shared.queue.delete(uid)
      return
    }
    this.#room.noteNomination(next)
    const profile = this.#shared.profiles.get(nameOfProfile(next))
    if (profile === undefined || this.#shared.assumed.has(uid)) return
    if ((next.spec?.resourceClaims ?? []).length > 0 && this.#shared.columns.devices?.isReady === false) {
      this.#awaitDevices(next)
      return
    }
    const gated = profile.plugins.some((plugin) => plugin.preEnqueue?.(next, this.#shared.columns).fits === false)
    // Kubernetes: a change of status alone (our own report of the refusal) is no reason to try again.
    if (
      this.#shared.queue.has(uid) &&
      previous !== undefined &&
      sameJson(previous.spec, next.spec) &&
      sameJson(previous.metadata.labels, next.metadata.labels) &&
      sameJson(previous.status?.resourceClaimStatuses, next.status?.resourceClaimStatuses)
    )
      return
    this.#shared.queue.add(next, gated)
    const group = previous === undefined && this.#shared.columns.podGroups !== undefined ? groupNameOf(next) : undefined
    if (group === undefined) return
    // With it the group may be complete.
    for (const other of this.#shared.columns.podGroups!.podsOf(next.metadata.namespace ?? '', group))
      this.reconsider(other)
    const isOfGroup = (pod: Pod) => pod.metadata.namespace === next.metadata.namespace && groupNameOf(pod) === group
    this.#shared.queue.wake('UnscheduledPod/Add', isOfGroup)
  }

  /** A pod that asks for devices is queued once everything about them is known. */
  #awaitDevices({ metadata }: Pod): void {
    const { namespace = '', name, uid } = metadata
    void this.#devicesReady().then(
      () => {
        const pod = this.#shared.parts.informers.of(pods).get({ namespace, name })
        if (pod?.metadata.uid === uid && !this.#shared.queue.has(uid)) this.podChanged(pod, undefined)
      },
      // The scheduler ends.
      () => {},
    )
  }

  /** A pod that was kept from the queue may be let in now. */
  reconsider(pod: Pod): void {
    const profile = this.#shared.profiles.get(nameOfProfile(pod))
    if (profile === undefined || this.#shared.queue.of(pod.metadata.uid)?.place !== 'gated') return
    if (profile.plugins.every((plugin) => plugin.preEnqueue?.(pod, this.#shared.columns).fits !== false))
      this.#shared.queue.add(pod, false)
  }

  #podGone(pod: Pod): void {
    const { uid } = pod.metadata
    this.#shared.nominations.delete(uid)
    this.#shared.settling.end(uid)
    this.#shared.queue.delete(uid)
    this.#shared.assumed.delete(uid)
    const held = this.#shared.columns.nodeNameOfPod(uid) !== undefined
    this.#shared.columns.removePod(uid)
    if (held) this.#podHappened('AssignedPod/Delete', pod)
  }

  #podHappened(change: ClusterChange, pod: Pod): void {
    // Most often nobody waits, and what there is to know of the pod need not be worked out.
    if (this.#shared.queue.isAwaited(change)) this.#wake({ change, pod: factsOf(pod) })
    else {
      this.#shared.queue.wake(change)
      this.#shared.measures.handled(change, 0)
    }
  }
}

/** What of a node changed, in the terms that refused pods wait for. */
function nodeChanges(next: Node, previous: Node | undefined): readonly ClusterChange[] {
  if (previous === undefined) return ['Node/Add']
  const changes: ClusterChange[] = []
  if (!sameJson(next.status?.allocatable, previous.status?.allocatable)) changes.push('Node/UpdateAllocatable')
  if (!sameJson(next.metadata.labels, previous.metadata.labels)) changes.push('Node/UpdateLabel')
  if (!sameJson(next.spec?.taints, previous.spec?.taints) || next.spec?.unschedulable !== previous.spec?.unschedulable)
    changes.push('Node/UpdateTaint')
  if (!sameJson(next.status?.declaredFeatures, previous.status?.declaredFeatures))
    changes.push('Node/UpdateDeclaredFeature')
  return changes
}
