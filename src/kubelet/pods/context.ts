import type { Client } from '../../client/index.ts'
import type { Clock, Random } from '../../machinery/index.ts'
import type { Pod, Service } from '../../resources/index.ts'
import type { Cgroups } from '../cgroups/cgroups.ts'
import type { RecordEvent } from '../events.ts'
import type { ImagePuller } from '../images/image-puller.ts'
import type { KubeletMeasures } from '../measures.ts'
import type { RetryTrigger } from '../resize/measures.ts'
import type { Runtime, RuntimeExtras } from '../runtime/runtime.ts'
import type { KubeletSettings } from '../settings.ts'
import type { Volumes } from '../volumes/volumes.ts'
import type { NodeFields } from './downward.ts'
import type { PodObjects } from './environment.ts'
import type { DnsSettings } from './network-files.ts'
import type { ObjectWatches } from './object-watches.ts'

/** What every pod's worker is given. */
export interface PodContext {
  readonly settings: KubeletSettings
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly runtime: Runtime & Partial<RuntimeExtras>
  readonly cgroups: Cgroups
  readonly volumes: Volumes
  readonly images: ImagePuller
  readonly objects: PodObjects
  readonly watches: ObjectWatches
  readonly record: RecordEvent
  readonly node: NodeFields
  readonly nodeMemoryBytes: number
  readonly nodeDns: DnsSettings
  /** Resolves with the services once they have been listed: no container starts before. */
  services(): Promise<readonly Service[]>
  /** The runtime's name for a RuntimeClass; undefined when there is no such class. */
  runtimeHandler(runtimeClass: string): Promise<string | undefined>
  /** Why the node does not take the pod, beside all others it has taken; calls `taken`, before the next is judged, when it does. */
  refusal(pod: Pod, taken: () => void): Promise<Verdict | undefined>
  /** The node's other pods that take up room. */
  neighbours(pod: Pod): readonly Pod[]
  /** Pods whose new size waits for room look again: some may have become free, for this reason. */
  retryResizes(trigger: RetryTrigger): void
  /** Counts one try of a probe, which took so long. */
  countProbe(labels: Readonly<Record<string, string>>, seconds: number): void
  readonly measures: KubeletMeasures
  /** How the images fared that containers have as volumes. */
  readonly imageVolumes: ImageVolumeCounts
  /** Told of what went wrong and will be tried again. */
  readonly complain: (about: string, error: unknown) => void
}
/** How many images containers wanted as volumes, and how many mounts of them came to what. */
export interface ImageVolumeCounts {
  requested: number
  mounted: number
  failed: number
}
/** Why the kubelet ends or refuses a pod, which then fails. */
export interface Verdict {
  readonly reason: string
  readonly message: string
  /** How long its containers have to end, where that is less than the pod's own grace. */
  readonly graceSeconds?: number
  /** It is no fault of the pod: its DisruptionTarget condition says so. */
  readonly isDisruption?: true
}
