import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client, Informers } from '../client/index.ts'
import { type Clock, isNotFound, Metrics, type Random, untilAborted } from '../machinery/index.ts'
import {
  type Node,
  nodes,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  runtimeClasses,
  services,
} from '../resources/index.ts'
import type { Cgroups, CgroupUsage } from './cgroups/cgroups.ts'
import { pauseImage } from './containerd/pause-image.ts'
import type { RecordEvent } from './events.ts'
import { evictUnderPressure } from './eviction/evict.ts'
import { createThresholdWatch, type Threshold, thresholdsOf } from './eviction/thresholds.ts'
import { collectImages, createImageGc, type ImageGcParts, imageGcDefaults } from './images/image-gc.ts'
import { createImagePuller } from './images/image-puller.ts'
import { openPulledImages, type PulledImages } from './images/pulled-images.ts'
import { killContainers } from './lifecycle/kill.ts'
import { bootedAtMs, type Machine, machineUsage } from './machine/machine.ts'
import { measuredRuntime } from './measured-runtime.ts'
import { type KubeletMeasures, kubeletMeasures } from './measures.ts'
import { keepLease } from './node/lease.ts'
import { allocatableOf, capacityOf } from './node/node-object.ts'
import { keepNodeStatus } from './node/node-status.ts'
import {
  createPressure,
  type NodeRoom,
  type PressureCondition,
  pressureConditionOf,
  pressureTransitionMsDefault,
} from './node/pressure.ts'
import { startMeasures } from './node-measures.ts'
import { Judging, refusalOf } from './pods/admission.ts'
import type { ImageVolumeCounts, PodContext } from './pods/context.ts'
import { parseResolvConf } from './pods/network-files.ts'
import { createObjectWatches } from './pods/object-watches.ts'
import { createPodObjects, createTokens } from './pods/objects.ts'
import { type PodOnNode, PodWorker } from './pods/pod-worker.ts'
import type { Observed, Runtime, RuntimeExtras } from './runtime/runtime.ts'
import { rotateLogs } from './server/log-rotation.ts'
import type { KubeletSettings } from './settings.ts'
import { containerAnnotations, podViewOf } from './sync/containers.ts'
import { isTerminalPhase } from './sync/phase.ts'
import { growVolumes } from './volumes/grow.ts'
import { createVolumes } from './volumes/volumes.ts'

export interface KubeletParts {
  readonly settings: KubeletSettings
  readonly machine: Machine
  readonly client: Client
  readonly informers: Informers
  readonly runtime: Runtime & Partial<RuntimeExtras>
  readonly cgroups: Cgroups
  readonly clock: Clock
  readonly random: Random
  readonly record: RecordEvent
  /** What is left on the node. Left out: more than enough of everything. */
  readonly room?: () => Promise<NodeRoom>
  /** Told of what went wrong and will be tried again. */
  readonly complain: (about: string, error: unknown) => void
  /** This process, whose open files `mount` is pointed at. */
  readonly pid: number
  /** Told of the kubelet once it works, so that its server can be opened. */
  readonly onReady?: (kubelet: Kubelet) => void
}
/** A kubelet at work, as its server sees it. */
export interface Kubelet {
  readonly settings: KubeletSettings
  readonly machine: Machine
  readonly runtime: Runtime & Partial<RuntimeExtras>
  readonly clock: Clock
  /** The node's pods, as the API and the kubelet's own last writes show them. */
  pods(): readonly Pod[]
  pod(namespace: string, name: string): Pod | undefined
  /** What a pod has on the node; undefined when it is not here. */
  podOnNode(uid: string): PodOnNode | undefined
  /** What the runtime held when last looked at as a whole. */
  readonly observed: Observed
  /** How often each probe has had each result. */
  probeCounts(): Iterable<readonly [labels: Readonly<Record<string, string>>, count: number]>
  readonly imageVolumes: Readonly<ImageVolumeCounts>
  nodeUsage(): Promise<CgroupUsage>
  readonly cgroups: Cgroups
  /** What is measured of it. */
  readonly metrics: Metrics
  readonly measures: KubeletMeasures
}
/** The net under the runtime's events: everything is looked at this often whatever they say. */
const relistMs = 3000
const orphanGraceSeconds = 30

/** Runs a node: keeps its Node and Lease, and carries every pod bound to it. Pods outlive it when the signal aborts. */
export async function runKubelet(given: KubeletParts, signal: AbortSignal): Promise<void> {
  const { settings, informers, complain, clock } = given
  const metrics = new Metrics()
  const measures = kubeletMeasures(metrics, () => clock.monotonic())
  const runtime = measuredRuntime(given.runtime, clock, measures)
  const parts: KubeletParts = { ...given, runtime }
  let node: Node | undefined
  const workers = new Map<string, PodWorker>()
  const running = new Set<Promise<void>>()
  const probeCounts = new Map<string, [labels: Readonly<Record<string, string>>, count: number]>()
  const imageVolumes: ImageVolumeCounts = { requested: 0, mounted: 0, failed: 0 }
  const countProbe = (labels: Readonly<Record<string, string>>, seconds: number) => {
    const { result: _, pod_uid: __, ...place } = labels
    measures.probed(place, seconds)
    const key = JSON.stringify(labels)
    probeCounts.set(key, [labels, (probeCounts.get(key)?.[1] ?? 0) + 1])
  }
  // What others change of the Node is seen as it happens; what the status loop wrote last stands in until the first list.
  const ownNode = informers.of(nodes, { fieldSelector: `metadata.name=${settings.nodeName}` })
  const nodeNow = () => ownNode.get({ name: settings.nodeName }) ?? node
  const pulledImages = await pulledImagesOf(parts, measures)
  const context = {
    ...(await podContext(parts, measures, workers, nodeNow, pulledImages, signal)),
    ...{ countProbe, imageVolumes },
  }

  function begin(pod: Pod): void {
    const known = workers.get(pod.metadata.uid)
    if (known !== undefined) {
      known.update(pod)
      return
    }
    // Only this kubelet makes anything of its pods: what was not there when it started is nowhere before it acts.
    const worker = new PodWorker(context, pod, foundAtStart?.has(pod.metadata.uid) === false)
    measures.seen(pod.spec.containers.length)
    workers.set(pod.metadata.uid, worker)
    const run = worker.run(signal).finally(() => {
      running.delete(run)
      workers.delete(pod.metadata.uid)
      context.retryResizes('pods_removed')
    })
    running.add(run)
  }
  let foundAtStart: ReadonlySet<string> | undefined
  const informer = informers.of(pods, { fieldSelector: `spec.nodeName=${settings.nodeName}` })
  let observed: Observed = { sandboxes: [], containers: [] }
  const kubelet: Kubelet = {
    ...parts,
    ...{ metrics, measures },
    pods: () => [...workers.values()].map((worker) => worker.pod),
    pod: (namespace, name) =>
      [...workers.values()]
        .map((worker) => worker.pod)
        .find((pod) => pod.metadata.name === name && pod.metadata.namespace === namespace),
    podOnNode: (uid) => workers.get(uid)?.onNode,
    probeCounts: () => probeCounts.values(),
    imageVolumes,
    nodeUsage: machineUsage,
    get observed() {
      return observed
    },
  }
  const pressure = pressureOf(parts)
  const nodeLoops = [
    keepNodeStatus(
      {
        ...parts,
        pressure: pressure.read,
        measures: startMeasures(metrics, clock, bootedAtMs()),
        onNode: (written) => {
          node = written
        },
      },
      signal,
    ),
    keepLease({ ...parts, nodeName: settings.nodeName }, signal),
  ]
  await prepareCgroups(parts).catch((error) => complain('cgroups', error))
  const found = runtime.observe().catch(() => undefined)
  await informer.synced(signal)
  foundAtStart = uidsOf(await found)
  using _ = informer.subscribe((next, previous) => {
    if (previous !== undefined && previous.metadata.uid !== next?.metadata.uid)
      workers.get(previous.metadata.uid)?.forsake()
    if (next !== undefined) begin(next)
    if (previous !== undefined && next !== undefined && hasJustEnded(next, previous))
      context.retryResizes('pod_terminated')
  })
  parts.onReady?.(kubelet)
  const imageGc: ImageGcParts = {
    ...parts,
    measures,
    pulledImages,
    node: () => node,
    limits: { ...imageGcDefaults, ...settings.imageGc },
    isPinned: (names) => names.includes(pauseImage),
    async disk() {
      const { available, capacity } = (await parts.room?.())?.['imagefs.available'] ?? { available: 0, capacity: 0 }
      return { availableBytes: available, capacityBytes: capacity }
    },
  }
  await Promise.allSettled([
    ...nodeLoops,
    followEvents(runtime, workers, signal),
    rotateLogs({ ...parts, ...settings.logs }, signal),
    collectImages(imageGc, signal),
    growVolumes(
      {
        ...parts,
        pods: () => [...workers.values()].filter(({ ended }) => !ended).map(({ onNode }) => onNode),
        onGrown: (seconds, isWell) =>
          measures.volumeOperation({ name: 'volume_fs_resize', plugin: 'kubernetes.io/local-volume', seconds, isWell }),
      },
      signal,
    ),
    parts.room === undefined
      ? undefined
      : evictUnderPressure(
          {
            ...parts,
            measures,
            room: parts.room,
            onPassed: pressure.note,
            node: () => node,
            pods: () => [...workers.values()],
            freeImages: createImageGc({ ...imageGc, limits: { ...imageGc.limits, highPercent: 0, lowPercent: 0 } }),
          },
          signal,
        ),
    relist(
      parts,
      context,
      workers,
      (seen) => {
        observed = seen
      },
      signal,
    ),
    untilAborted(signal),
  ])
  await Promise.allSettled(running)
}

const hasJustEnded = (now: Pod, before: Pod) =>
  isTerminalPhase(now.status.phase) && !isTerminalPhase(before.status.phase)

/** What the node shows to be short of, as whoever evicts for it finds, and as it is when asked. */
function pressureOf({ settings, room, clock }: KubeletParts) {
  const shown = createPressure(settings.pressureTransitionMs ?? pressureTransitionMsDefault)
  const watch = createThresholdWatch(thresholdsOf(settings))
  const note = (passed: readonly Threshold[]): ReadonlySet<PressureCondition> =>
    shown(new Set(passed.map(({ signal }) => pressureConditionOf(signal))), clock.monotonic())
  return { note, read: async () => note(watch((await room?.()) ?? {}, clock.monotonic()).observed) }
}

async function podContext(
  parts: KubeletParts,
  measures: KubeletMeasures,
  workers: ReadonlyMap<string, PodWorker>,
  nodeNow: () => Node | undefined,
  pulledImages: PulledImages | undefined,
  signal: AbortSignal,
): Promise<Omit<PodContext, 'countProbe' | 'imageVolumes'>> {
  const { settings, machine, client, informers, clock } = parts
  const objects = createPodObjects(parts)
  const tokens = createTokens(parts)
  const allocatable = allocatableOf(capacityOf(machine, settings.maxPods), settings.reserved)
  const node = { hostIps: settings.nodeIps, allocatable }
  const serviceInformer = informers.of(services)
  const neighbours = (pod: Pod) =>
    [...workers.values()]
      .filter((worker) => worker.pod.metadata.uid !== pod.metadata.uid && !worker.ended && worker.admitted)
      .map((worker) => worker.granted)
  const judging = new Judging((pod) =>
    refusalOf({ pod, others: neighbours(pod), allowedUnsafeSysctls: settings.allowedUnsafeSysctls }, nodeNow(), () =>
      client.get(nodes, { name: settings.nodeName }),
    ),
  )
  const podsDirectory = join(settings.rootDirectory, 'pods')
  return {
    ...parts,
    measures,
    objects,
    watches: createObjectWatches({ ...parts, onChange: objects.forget }, signal),
    node,
    nodeMemoryBytes: machine.memoryBytes,
    nodeDns: parseResolvConf(await readFile(settings.resolvConf, 'utf8').catch(() => '')),
    volumes: createVolumes({
      ...{ podsDirectory, clock, objects, node, token: tokens.token, pid: parts.pid },
      storage: {
        claim: (namespace, name) => client.get(persistentVolumeClaims, { namespace, name }),
        volume: (name) => client.get(persistentVolumes, { name }),
      },
      releaseImage: parts.runtime.releaseImage?.bind(parts.runtime),
      onOperation: measures.volumeOperation,
    }),
    images: createImagePuller({ ...parts, measures, pulledImages, pullsAtOnceMax: settings.pullsAtOnceMax }),
    async services() {
      await serviceInformer.synced(signal)
      return serviceInformer.list()
    },
    async runtimeHandler(name) {
      const found = await client.get(runtimeClasses, { name }).catch((error) => {
        if (isNotFound(error)) throw new Error(`failed to get sandbox runtime: RuntimeClass "${name}" not found`)
        throw error
      })
      return found.handler
    },
    neighbours,
    retryResizes(trigger) {
      for (const worker of workers.values()) worker.retryResize(trigger)
    },
    refusal: (pod, taken) => judging.refusal(pod, taken),
  }
}

/** What earlier kubelets of this node noted of who may use its images; undefined where nobody is asked. */
async function pulledImagesOf(
  { settings: { imageVerification: policy, rootDirectory }, runtime, clock, complain }: KubeletParts,
  measures: KubeletMeasures,
): Promise<PulledImages | undefined> {
  const directory = join(rootDirectory, 'image_manager')
  return policy && openPulledImages({ directory, runtime, clock, policy, complain, measures })
}

/** Kubernetes: all pods together are held to what the node can give; best-effort pods come last. */
async function prepareCgroups({ cgroups, settings, machine }: KubeletParts): Promise<void> {
  const allocatable = allocatableOf(capacityOf(machine, settings.maxPods), settings.reserved)
  const kibibytes = /^(\d+)Ki$/.exec(allocatable['memory'] ?? '')
  const memory = kibibytes === null ? {} : { memoryLimitBytes: Number(kibibytes[1]) * 1024 }
  await cgroups.ensure(settings.cgroupRoot, { cpuShares: machine.cpus * 1024, ...memory })
  await cgroups.ensure(`${settings.cgroupRoot}/besteffort`, { cpuShares: 2 })
  await cgroups.ensure(`${settings.cgroupRoot}/burstable`, {})
}

async function followEvents(
  runtime: Runtime,
  workers: ReadonlyMap<string, PodWorker>,
  signal: AbortSignal,
): Promise<void> {
  // What was started was started by a worker, which looks at it anyway.
  for await (const { podUid, type } of runtime.events(signal)) if (type !== 'started') workers.get(podUid)?.wake()
}

/** Looks at the whole runtime now and then: wakes the pods that changed unheard, and ends what belongs to no pod. */
async function relist(
  { runtime, clock, complain, settings }: KubeletParts,
  context: PodContext,
  workers: ReadonlyMap<string, PodWorker>,
  onObserved: (observed: Observed) => void,
  signal: AbortSignal,
): Promise<void> {
  const { measures } = context
  let before = new Map<string, string>()
  let lastMs: number | undefined
  const ending = new Set<string>()
  while (!signal.aborted) {
    try {
      const startedMs = clock.monotonic()
      const observed = await runtime.observe()
      const took = (clock.monotonic() - startedMs) / 1000
      measures.relisted(clock.now(), took, lastMs === undefined ? undefined : (startedMs - lastMs) / 1000)
      lastMs = startedMs
      onObserved(observed)
      const now = fingerprints(observed)
      for (const uid of new Set([...now.keys(), ...before.keys()]))
        if (now.get(uid) !== before.get(uid)) workers.get(uid)?.wake()
      before = now
      const lost = [...now.keys(), ...(await directoriesBelow(join(settings.rootDirectory, 'pods')))]
      for (const uid of new Set(lost)) {
        if (workers.has(uid) || ending.has(uid)) continue
        ending.add(uid)
        if (now.has(uid)) measures.orphanFound()
        void endOrphan(context, observed, uid)
          .catch((error) => complain(`orphaned pod ${uid}`, error))
          .finally(() => ending.delete(uid))
      }
    } catch (error) {
      if (!signal.aborted) complain('looking at the runtime', error)
    }
    await clock.sleep(relistMs, signal).catch(() => {})
  }
}
const directoriesBelow = (path: string) => readdir(path).catch(() => [])

/** The pods that anything was seen of; undefined when nobody could look. */
function uidsOf(observed: Observed | undefined): ReadonlySet<string> | undefined {
  return (
    observed &&
    new Set([...observed.sandboxes.map(({ pod }) => pod.uid), ...observed.containers.map(({ podUid }) => podUid)])
  )
}

/** Each pod's state in one line: what changes when anything of it changes. */
function fingerprints({ sandboxes, containers }: Observed): Map<string, string> {
  const lines = new Map<string, string>()
  const add = (uid: string, text: string) => lines.set(uid, `${lines.get(uid) ?? ''} ${text}`)
  for (const { pod, id, ready } of sandboxes) add(pod.uid, `${id}:${ready}`)
  for (const { podUid, id, state } of containers) add(podUid, `${id}:${state}`)
  lines.delete('')
  return lines
}

/** A pod that nobody asks for any more: deleted while the kubelet was away. */
async function endOrphan(context: PodContext, observed: Observed, uid: string): Promise<void> {
  const { runtime, volumes, cgroups, settings } = context
  const view = podViewOf(observed, uid)
  const about = view.sandboxes[0]
  const instances = [...view.instances.values()].flat()
  if (about !== undefined) {
    const grace = Number(instances[0]?.annotations[containerAnnotations.gracePeriod] ?? orphanGraceSeconds)
    const metadata = { ...about.pod, resourceVersion: '', creationTimestamp: '' }
    const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] }, status: {} }
    await killContainers(context, pod, view, grace)
  }
  for (const { id } of view.sandboxes) await runtime.stopSandbox(id)
  for (const { id } of instances) await runtime.removeContainer(id)
  for (const { id } of view.sandboxes) await runtime.removeSandbox(id)
  await volumes.unmount(uid)
  for (const qos of ['', '/burstable', '/besteffort']) await cgroups.remove(`${settings.cgroupRoot}${qos}/pod${uid}`)
}
