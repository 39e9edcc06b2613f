import type { VerificationPolicy } from '../../kubelet/index.ts'
import { parseDuration } from '../../machinery/index.ts'
import type { Taint } from '../../resources/index.ts'
import type { SchedulerChoices } from '../../scheduler/index.ts'
import { componentFields } from './component-fields.ts'
import { type ControllerChoices, readControllers } from './controller-fields.ts'
import {
  address,
  bindAddress,
  ConfigError,
  cidr,
  duration,
  fieldsOf,
  integer,
  listOf,
  mapOf,
  oneOf,
  quantity,
  type Reader,
  text,
  truth,
} from './read-fields.ts'

/** What of KubeletConfiguration has an effect, under Kubernetes' names. */
export interface KubeletChoices {
  readonly maxPods?: number
  readonly clusterDNS?: readonly string[]
  readonly clusterDomain?: string
  readonly resolvConf?: string
  readonly registerWithTaints?: readonly Taint[]
  readonly allowedUnsafeSysctls?: readonly string[]
  readonly systemReserved?: Readonly<Record<string, string>>
  readonly kubeReserved?: Readonly<Record<string, string>>
  readonly providerID?: string
  readonly containerLogMaxSize?: string
  readonly containerLogMaxFiles?: number
  readonly serializeImagePulls?: boolean
  readonly maxParallelImagePulls?: number
  readonly imagePullCredentialsVerificationPolicy?: VerificationPolicy['name']
  readonly preloadedImagesVerificationAllowlist?: readonly string[]
  readonly imageMinimumGCAge?: string
  readonly imageMaximumGCAge?: string
  readonly imageGCHighThresholdPercent?: number
  readonly imageGCLowThresholdPercent?: number
  readonly evictionHard?: Readonly<Record<string, string>>
  readonly evictionSoft?: Readonly<Record<string, string>>
  readonly evictionSoftGracePeriod?: Readonly<Record<string, string>>
  readonly evictionMaxPodGracePeriod?: number
  readonly evictionMinimumReclaim?: Readonly<Record<string, string>>
  readonly evictionPressureTransitionPeriod?: string
  readonly healthzBindAddress?: string
  /** 0 for none. */
  readonly healthzPort?: number
}
/** What of KubeProxyConfiguration has an effect. */
export interface ProxyChoices {
  /** Ranges, or `primary` alone. */
  readonly nodePortAddresses?: readonly string[]
  /** An address, with a port or without. */
  readonly healthzBindAddress?: string
  readonly metricsBindAddress?: string
  /** How the kernel tracks connections. */
  readonly conntrack?: {
    readonly maxPerCore?: number
    readonly min?: number
    readonly tcpEstablishedTimeout?: string
    readonly tcpCloseWaitTimeout?: string
    readonly tcpBeLiberal?: boolean
    readonly udpTimeout?: string
    readonly udpStreamTimeout?: string
  }
}
/** What a configuration file chose for the components; remembered with the cluster's settings. */
export interface ComponentChoices {
  readonly kubelet?: KubeletChoices
  readonly proxy?: ProxyChoices
  readonly scheduler?: SchedulerChoices
  readonly controllers?: ControllerChoices
}

const int32Max = 2 ** 31 - 1
const portMax = 65_535
/** Kubernetes: the signals that thresholds of eviction may name. */
const evictionSignals = new Set([
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
])
const threshold: Reader<string> = (value, path) => {
  const known = text(value, path)
  if (/^\d+(\.\d+)?%$/.test(known) && Number.parseFloat(known) <= 100) return known
  return quantity(known, path)
}
const taint = fieldsOf({
  key: text,
  value: text,
  effect: oneOf('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
}) as Reader<Taint>
const reserved = mapOf(quantity, new Set(['cpu', 'memory', 'ephemeral-storage', 'pid']))

const verificationPolicies: readonly VerificationPolicy['name'][] = [
  'NeverVerify',
  'NeverVerifyPreloadedImages',
  'NeverVerifyAllowlistedImages',
  'AlwaysVerify',
]
/** The name of an image without tag and digest, or what names begin with up to a `/*`. */
const allowlistEntry: Reader<string> = (value, path) => {
  const known = text(value, path)
  const name = known.endsWith('/*') ? known.slice(0, -1) : known
  const wrong =
    known !== known.trim()
      ? 'has spaces at an end'
      : name === '' || name === '/'
        ? 'names no registry'
        : name.includes('*')
          ? 'has a * elsewhere than at its end, as /*'
          : /@|:[^/]*$/.test(name)
            ? 'has a tag or digest'
            : undefined
  if (wrong !== undefined) throw new ConfigError(`${path} is ${JSON.stringify(value)}, which ${wrong}`)
  return known
}

type Idle = (path: string) => void
const kubelet = (idle: Idle) =>
  fieldsOf(
    {
      maxPods: integer(0, int32Max),
      clusterDNS: listOf(address),
      clusterDomain: text,
      resolvConf: text,
      registerWithTaints: listOf(taint),
      allowedUnsafeSysctls: listOf(text),
      systemReserved: reserved,
      kubeReserved: reserved,
      providerID: text,
      containerLogMaxSize: quantity,
      containerLogMaxFiles: integer(2, int32Max),
      serializeImagePulls: truth,
      maxParallelImagePulls: integer(1, int32Max),
      imagePullCredentialsVerificationPolicy: oneOf(...verificationPolicies) as Reader<VerificationPolicy['name']>,
      preloadedImagesVerificationAllowlist: listOf(allowlistEntry),
      imageMinimumGCAge: duration,
      imageMaximumGCAge: duration,
      imageGCHighThresholdPercent: integer(0, 100),
      imageGCLowThresholdPercent: integer(0, 100),
      evictionHard: mapOf(threshold, evictionSignals),
      evictionSoft: mapOf(threshold, evictionSignals),
      evictionSoftGracePeriod: mapOf(duration, evictionSignals),
      evictionMaxPodGracePeriod: integer(0, int32Max),
      evictionMinimumReclaim: mapOf(threshold, evictionSignals),
      evictionPressureTransitionPeriod: duration,
      healthzBindAddress: address,
      healthzPort: integer(0, portMax),
    },
    componentFields.kubelet,
    idle,
  )

const time: Reader<string> = (value, path) => {
  const known = duration(value, path)
  if (parseDuration(known) < 0) throw new ConfigError(`${path} is ${JSON.stringify(value)}, which is less than 0`)
  return known
}
const conntrack = fieldsOf({
  maxPerCore: integer(0, int32Max),
  min: integer(0, int32Max),
  tcpEstablishedTimeout: time,
  tcpCloseWaitTimeout: time,
  tcpBeLiberal: truth,
  udpTimeout: time,
  udpStreamTimeout: time,
})
const nodePortAddress: Reader<string> = (value, path) => (value === 'primary' ? value : cidr(value, path))
const proxy = (idle: Idle) =>
  fieldsOf(
    {
      mode: oneOf('', 'nftables'),
      nodePortAddresses: listOf(nodePortAddress),
      healthzBindAddress: bindAddress,
      metricsBindAddress: bindAddress,
      conntrack,
    },
    componentFields.proxy,
    idle,
  )

const kinds: Readonly<Record<string, (value: object, idle: Idle) => ComponentChoices>> = {
  'kubelet.config.k8s.io/v1beta1/KubeletConfiguration': (value, idle) => {
    const choices = kubelet(idle)(value, '')
    const { imageGCHighThresholdPercent: high = 85, imageGCLowThresholdPercent: low = 80 } = choices
    if (low >= high)
      throw new ConfigError(
        `imageGCLowThresholdPercent (${low}) must be less than imageGCHighThresholdPercent (${high})`,
      )
    const { imagePullCredentialsVerificationPolicy: policy, preloadedImagesVerificationAllowlist: list = [] } = choices
    if (list.length > 0 && policy !== 'NeverVerifyAllowlistedImages')
      throw new ConfigError(
        'preloadedImagesVerificationAllowlist has no meaning unless imagePullCredentialsVerificationPolicy is "NeverVerifyAllowlistedImages"',
      )
    for (const signal of Object.keys(choices.evictionSoft ?? {}))
      if (choices.evictionSoftGracePeriod?.[signal] === undefined)
        throw new ConfigError(
          `evictionSoft has ${signal}, of which evictionSoftGracePeriod does not say how long it may be passed: name both`,
        )
    return { kubelet: choices }
  },
  'kubeproxy.config.k8s.io/v1alpha1/KubeProxyConfiguration': (value, idle) => {
    const { mode: _, ...choices } = proxy(idle)(value, '')
    const { nodePortAddresses = [] } = choices
    if (nodePortAddresses.length > 1 && nodePortAddresses.includes('primary'))
      throw new ConfigError('nodePortAddresses has "primary" beside other entries; it stands alone')
    return { proxy: choices }
  },
  'kubecontrollermanager.config.k8s.io/v1alpha1/KubeControllerManagerConfiguration': (value, idle) => ({
    controllers: readControllers(value, idle),
  }),
}

/** Read by scheduler-fields.ts, which knows every plugin and so is loaded only where it is needed. */
export const schedulerKind = 'kubescheduler.config.k8s.io/v1/KubeSchedulerConfiguration'

/** Kubernetes' own configuration kinds that are understood, as `apiVersion/kind`. */
export const componentKinds: readonly string[] = [...Object.keys(kinds), schedulerKind]

/** What a document of one of these kinds chooses; `idle` is told of fields that Kubernetes has and that have no effect here. */
export function readComponent(
  document: { readonly apiVersion?: unknown; readonly kind?: unknown },
  idle: (path: string) => void,
): ComponentChoices {
  const { apiVersion, kind, ...fields } = document
  return kinds[`${apiVersion}/${kind}`]!(fields, idle)
}
