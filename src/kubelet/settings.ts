import type { Taint } from '../resources/index.ts'
import type { ImageGcLimits } from './images/image-gc.ts'
import type { VerificationPolicy } from './images/pull-records.ts'
import type { PressureSignal } from './node/pressure.ts'

/** What one kubelet is told about its node and its places. */
export interface KubeletSettings {
  readonly nodeName: string
  /** Volumes, hosts files and termination messages of pods: `pods/UID/…` below it. */
  readonly rootDirectory: string
  /** Container logs: `NAMESPACE_NAME_UID/CONTAINER/N.log` below it. */
  readonly logDirectory: string
  /** Primary first. */
  readonly nodeIps: readonly string[]
  readonly hostname: string
  readonly clusterDomain: string
  readonly clusterDns: readonly string[]
  readonly maxPods: number
  /** Where the kubelet's TLS server listens; goes into the Node. */
  readonly port: number
  /** The cgroup above all pods of this node: `/cox-default/kubepods`. */
  readonly cgroupRoot: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  /** Kept from pods, by resource name. */
  readonly reserved: Readonly<Record<string, string>>
  /** The node's own resolver file. */
  readonly resolvConf: string
  readonly allowedUnsafeSysctls: readonly string[]
  /** `containerd`, as container ids are prefixed in the API. */
  readonly runtimeName: string
  readonly version: string
  /** What the kubelet can do that not every kubelet of its release can, by the names of feature gates. */
  readonly declaredFeatures?: readonly string[]
  readonly providerId?: string
  /** When container logs are turned over; Kubernetes' defaults unless given. */
  readonly logs?: { readonly bytesMax?: number; readonly filesMax?: number }
  /** When unused images go; Kubernetes' defaults unless given. */
  readonly imageGc?: Partial<ImageGcLimits>
  /** What has to be left on the node; Kubernetes' hard eviction thresholds unless given. */
  readonly thresholds?: Readonly<Partial<Record<PressureSignal, string>>>
  /** What is to be left on the node, and how long less may be left before pods are evicted for it. */
  readonly softThresholds?: Readonly<
    Partial<Record<PressureSignal, { readonly value: string; readonly graceMs: number }>>
  >
  /** How much more than a threshold has to be free again once pods were evicted for it. */
  readonly minimumReclaim?: Readonly<Partial<Record<PressureSignal, string>>>
  /** The longest grace of pods that are evicted for a soft threshold. */
  readonly softGraceSecondsMax?: number
  /** How long pressure is shown after it was last seen. */
  readonly pressureTransitionMs?: number
  /** Who may use an image that is on the node; left out: everybody, and nothing is noted of it. */
  readonly imageVerification?: VerificationPolicy
  /** How many images are pulled at once; any number unless given. */
  readonly pullsAtOnceMax?: number
}
