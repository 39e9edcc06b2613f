import { parseDuration } from '../../machinery/index.ts'
import { ConfigError, duration, fieldsOf, integer, listOf, type Reader, text, truth } from './read-fields.ts'

/** What of KubeControllerManagerConfiguration has an effect. */
export interface ControllerChoices {
  /** Which controllers run, as `--controllers` says it: `*`, a name, or `-` and a name. */
  readonly controllers?: readonly string[]
  readonly nodeCidrMaskSize?: number
  /** By the names of the controllers' own settings. */
  readonly settings?: Readonly<Record<string, number>>
  readonly workers?: Readonly<Record<string, number>>
}

const int32Max = 2 ** 31 - 1
const count = integer(1, int32Max)
const amount = integer(0, int32Max)
const part: Reader<number> = (value, path) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new ConfigError(`${path} is ${JSON.stringify(value)}, which is not a number from 0 to 1`)
}
const rate: Reader<number> = (value, path) => {
  if (typeof value === 'number' && value >= 0) return value
  throw new ConfigError(`${path} is ${JSON.stringify(value)}, which is not a number of 0 or more`)
}
const longerThan =
  (leastMs: number): Reader<number> =>
  (value, path) => {
    const ms = parseDuration(duration(value, path))
    if (ms > leastMs) return ms
    throw new ConfigError(`${path} is ${JSON.stringify(value)}; it must be longer than ${leastMs === 0 ? '0' : '-1'}s`)
  }
/** Kubernetes: how long it takes until volumes are detached by force, where they are at all. */
const forced: Reader<number> = (value, path) => (truth(value, path) ? 0 : defaultForceMs)
const defaultForceMs = 6 * 60_000
const time = longerThan(0)
const timeOrNone = longerThan(-1)

/** What a field is for: a setting, or how many names a controller has in hand at once. */
type Use = { readonly setting: string; readonly read: Reader<number> } | { readonly workersOf: string }
const setting = (name: string, read: Reader<number>): Use => ({ setting: name, read })
const workersOf = (controller: string): Use => ({ workersOf: `${controller}-controller` })

/** Kubernetes has no other names for these fields than Go's, as /configz of its controller manager shows them. */
const used: Readonly<Record<string, Readonly<Record<string, Use>>>> = {
  HPAController: {
    ConcurrentHorizontalPodAutoscalerSyncs: workersOf('horizontal-pod-autoscaler'),
    HorizontalPodAutoscalerSyncPeriod: setting('autoscalerSyncPeriodMs', time),
    HorizontalPodAutoscalerDownscaleStabilizationWindow: setting('autoscalerDownscaleStabilizationMs', timeOrNone),
    HorizontalPodAutoscalerTolerance: setting('autoscalerTolerance', rate),
    HorizontalPodAutoscalerCPUInitializationPeriod: setting('autoscalerCpuInitializationMs', timeOrNone),
    HorizontalPodAutoscalerInitialReadinessDelay: setting('autoscalerInitialReadinessDelayMs', timeOrNone),
  },
  NodeLifecycleController: {
    NodeEvictionRate: setting('nodeEvictionRate', rate),
    SecondaryNodeEvictionRate: setting('secondaryNodeEvictionRate', rate),
    NodeStartupGracePeriod: setting('nodeStartupGraceMs', time),
    NodeMonitorGracePeriod: setting('nodeMonitorGraceMs', time),
    LargeClusterSizeThreshold: setting('largeClusterSizeThreshold', amount),
    UnhealthyZoneThreshold: setting('unhealthyZoneThreshold', part),
  },
  AttachDetachController: { disableForceDetachOnTimeout: setting('forceDetachMs', forced) },
  PodGCController: { TerminatedPodGCThreshold: setting('terminatedPodsMax', integer(-int32Max, int32Max)) },
  CSRSigningController: { ClusterSigningDuration: setting('signingMs', time) },
  LegacySATokenCleaner: { CleanUpPeriod: setting('unusedTokenMs', time) },
  ResourceQuotaController: {
    ConcurrentResourceQuotaSyncs: workersOf('resourcequota'),
    ResourceQuotaSyncPeriod: setting('quotaSyncPeriodMs', time),
  },
  EndpointSliceController: {
    ConcurrentServiceEndpointSyncs: workersOf('endpointslice'),
    EndpointUpdatesBatchPeriod: setting('slicesBatchMs', timeOrNone),
    MaxEndpointsPerSlice: setting('endpointsPerSliceMax', integer(1, 1000)),
  },
  EndpointSliceMirroringController: {
    MirroringConcurrentServiceEndpointSyncs: workersOf('endpointslice-mirroring'),
    MirroringEndpointUpdatesBatchPeriod: setting('mirrorsBatchMs', timeOrNone),
    MirroringMaxEndpointsPerSubset: setting('mirroredPerSubsetMax', integer(1, 1000)),
  },
  DaemonSetController: { ConcurrentDaemonSetSyncs: workersOf('daemonset') },
  DeploymentController: { ConcurrentDeploymentSyncs: workersOf('deployment') },
  StatefulSetController: { ConcurrentStatefulSetSyncs: workersOf('statefulset') },
  ReplicaSetController: { ConcurrentRSSyncs: workersOf('replicaset') },
  ReplicationController: { ConcurrentRCSyncs: workersOf('replicationcontroller') },
  JobController: { ConcurrentJobSyncs: workersOf('job') },
  CronJobController: { ConcurrentCronJobSyncs: workersOf('cronjob') },
  TTLAfterFinishedController: { ConcurrentTTLSyncs: workersOf('ttl-after-finished') },
  EndpointController: {
    ConcurrentEndpointSyncs: workersOf('endpoints'),
    EndpointUpdatesBatchPeriod: setting('endpointsBatchMs', timeOrNone),
  },
  EphemeralVolumeController: { ConcurrentEphemeralVolumeSyncs: workersOf('ephemeral-volume') },
  GarbageCollectorController: { ConcurrentGCSyncs: workersOf('garbage-collector') },
  NamespaceController: { ConcurrentNamespaceSyncs: workersOf('namespace') },
  SAController: { ConcurrentSATokenSyncs: workersOf('serviceaccount-token') },
  ServiceController: { ConcurrentServiceSyncs: workersOf('service-lb') },
  DeviceTaintEvictionController: { ConcurrentSyncs: workersOf('device-taint-eviction') },
  ResourceClaimController: { ConcurrentSyncs: workersOf('resourceclaim') },
}
const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/))
/** Fields that Kubernetes has besides, and that have no effect here. */
const known: Readonly<Record<string, ReadonlySet<string>>> = {
  Generic: words(`
    Port Address MinResyncPeriod ClientConnection ControllerStartInterval LeaderElection Debugging
    LeaderMigrationEnabled LeaderMigration
  `),
  KubeCloudShared: words(`
    CloudProvider ExternalCloudVolumePlugin UseServiceAccountCredentials AllowUntaggedCloud
    RouteReconciliationPeriod NodeMonitorPeriod ClusterName ClusterCIDR AllocateNodeCIDRs CIDRAllocatorType
    ConfigureCloudRoutes NodeSyncPeriod
  `),
  AttachDetachController: words('DisableAttachDetachReconcilerSync ReconcilerSyncLoopPeriod'),
  CSRSigningController: words(`
    ClusterSigningCertFile ClusterSigningKeyFile KubeletServingSignerConfiguration KubeletClientSignerConfiguration
    KubeAPIServerClientSignerConfiguration LegacyUnknownSignerConfiguration
  `),
  DeprecatedController: new Set(),
  GarbageCollectorController: words('EnableGarbageCollector GCIgnoredResources'),
  NamespaceController: words('NamespaceSyncPeriod'),
  NodeIPAMController: words('ServiceCIDR SecondaryServiceCIDR NodeCIDRMaskSizeIPv6'),
  NodeLifecycleController: words('PodEvictionTimeout'),
  PersistentVolumeBinderController: words('PVClaimBinderSyncPeriod VolumeConfiguration'),
  SAController: words('ServiceAccountKeyFile RootCAFile'),
  ValidatingAdmissionPolicyStatusController: words('ConcurrentPolicySyncs'),
}
/** Every controller by name, with the shorter one that some have besides. */
const controllerNames = new Map(
  `serviceaccount-token=serviceaccount-token endpoints=endpoint endpointslice=endpointslice
  endpointslice-mirroring=endpointslicemirroring replicationcontroller=replicationcontroller
  pod-garbage-collector=podgc resourcequota=resourcequota namespace=namespace serviceaccount=serviceaccount
  garbage-collector=garbagecollector daemonset=daemonset job=job deployment=deployment replicaset=replicaset
  horizontal-pod-autoscaler=horizontalpodautoscaling disruption=disruption statefulset=statefulset cronjob=cronjob
  certificatesigningrequest-signing=csrsigning certificatesigningrequest-approving=csrapproving
  certificatesigningrequest-cleaner=csrcleaner bootstrap-signer=bootstrapsigner token-cleaner=tokencleaner
  node-ipam=nodeipam node-lifecycle=nodelifecycle taint-eviction device-taint-eviction service-lb=service
  node-route=route cloud-node cloud-node-lifecycle=cloud-node-lifecycle persistentvolume-binder=persistentvolume-binder
  persistentvolume-attach-detach=attachdetach persistentvolume-expander=persistentvolume-expander
  clusterrole-aggregation=clusterrole-aggregation persistentvolumeclaim-protection=pvc-protection
  persistentvolume-protection=pv-protection podgroup-protection ttl=ttl ttl-after-finished=ttl-after-finished
  root-ca-certificate-publisher=root-ca-cert-publisher ephemeral-volume=ephemeral-volume
  storageversion-garbage-collector=storage-version-gc resourceclaim=resource-claim-controller
  legacy-serviceaccount-token-cleaner=legacy-service-account-token-cleaner volumeattributesclass-protection
  service-cidr storage-version-migrator=svm job-queue vertical-pod-autoscaler`
    .split(/\s+/)
    .map((pair) => pair.split('='))
    .flatMap(([name, short]) => {
      const full = `${name}-controller`
      return [[full, full], ...(short === undefined ? [] : [[short, full]])] as [string, string][]
    }),
)
const controller: Reader<string> = (value, path) => {
  const word = text(value, path)
  if (word === '*') return word
  const sign = word.startsWith('-') ? '-' : ''
  const full = controllerNames.get(word.slice(sign.length))
  if (full !== undefined) return `${sign}${full}`
  throw new ConfigError(`${path}: ${JSON.stringify(word.slice(sign.length))} is not in the list of known controllers`)
}
/** A cluster's pods have a range of 16 bits, of which each node has a part with room for some pods. */
const mask = integer(17, 28)
const nodeIpam = { NodeCIDRMaskSize: mask, NodeCIDRMaskSizeIPv4: mask }

/** What such a document chooses; `idle` is told of fields that Kubernetes has and that have no effect here. */
export function readControllers(fields: object, idle: (path: string) => void): ControllerChoices {
  let settings: Record<string, number> = {}
  let workers: Record<string, number> = {}
  const group =
    (name: string): Reader<true> =>
    (value, path) => {
      const uses = used[name] ?? {}
      const readers = Object.fromEntries(
        Object.entries(uses).map(([field, use]) => [field, 'read' in use ? use.read : count]),
      )
      for (const [field, chosen] of Object.entries(fieldsOf(readers, known[name], idle)(value, path))) {
        const use = uses[field]!
        if ('setting' in use) settings = { ...settings, [use.setting]: chosen as number }
        else workers = { ...workers, [use.workersOf]: chosen as number }
      }
      return true
    }
  const names = new Set([...Object.keys(used), ...Object.keys(known)])
  const { Generic, NodeIPAMController } = fieldsOf({
    ...Object.fromEntries([...names].map((name) => [name, group(name)])),
    Generic: fieldsOf({ Controllers: listOf(controller) }, known.Generic, idle),
    NodeIPAMController: fieldsOf(nodeIpam, known.NodeIPAMController, idle),
  })(fields, '') as {
    readonly Generic?: { readonly Controllers?: readonly string[] }
    readonly NodeIPAMController?: { readonly NodeCIDRMaskSize?: number; readonly NodeCIDRMaskSizeIPv4?: number }
  }
  const nodeCidrMaskSize = NodeIPAMController?.NodeCIDRMaskSizeIPv4 ?? NodeIPAMController?.NodeCIDRMaskSize
  return {
    ...(Generic?.Controllers === undefined ? {} : { controllers: Generic.Controllers }),
    ...(nodeCidrMaskSize === undefined ? {} : { nodeCidrMaskSize }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    ...(Object.keys(workers).length === 0 ? {} : { workers }),
  }
}

/** Kubernetes: the first word on a name counts, and `*` is for all that nothing is said of. */
export function isWanted(name: string, controllers: readonly string[] | undefined): boolean {
  if (controllers === undefined || controllers.length === 0) return true
  const first = controllers.find((one) => one === name || one === `-${name}`)
  return first === undefined ? controllers.includes('*') : first === name
}
