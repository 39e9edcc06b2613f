import type { Client, Informer, RecordEvent } from '../../client/index.ts'
import type { Clock, KubeObject, Log, Metrics, ObjectName, Random } from '../../machinery/index.ts'
import type { FeatureGates, Node, ResourceDefinition } from '../../resources/index.ts'
import type { ControllerSettings } from './settings.ts'

/** What controllers must be told about the cluster. */
export interface ControllerConfig {
  /** PEM of the authority that signs the API server's certificate. */
  readonly rootCa: string
  readonly clusterCidr: string
  readonly nodeCidrMaskSize: number
  readonly serviceCidr: string
  /** What is to be otherwise than by default. */
  readonly settings?: Partial<ControllerSettings>
  /** Which features are on; those that are by default when left out. */
  readonly gates?: Pick<FeatureGates, 'enabled'>
  /** The authority of the cluster, where there is one. */
  readonly certify?: Certify
  /** Signs what a token of a service account says, where that can be done. */
  readonly signToken?: (claims: object) => Promise<string>
  /** Directories for volumes on nodes that have machines, where there are such. */
  readonly localVolumes?: LocalVolumes
}
/** What makes directories on nodes, and takes them away. */
export interface LocalVolumes {
  /** Makes the directory unless it is there; answers its path on the node. */
  make(node: Node, name: string): Promise<string>
  /** Takes the directory away with all that is in it; one that is not there is gone already. */
  remove(node: Node, name: string): Promise<void>
}
/** What signs certificates for what a CertificateSigningRequest asks, and reads them. */
export interface Certify {
  /** The certificate as PEM. */
  sign(wish: {
    readonly request: string
    readonly usages?: readonly string[]
    readonly expirationSeconds?: number
  }): Promise<string>
  /** When a certificate (base64 of PEM) ends, in ms since 1970; undefined when it cannot be read. */
  endOf(certificate: string): Promise<number | undefined>
}
export type Cached = <T extends KubeObject>(resource: ResourceDefinition<T>) => Informer<T>

/** What every controller is given; there is nothing else to reach for. */
export interface Tools {
  readonly clock: Clock
  readonly random: Random
  readonly config: ControllerConfig
  readonly cached: Cached
  readonly record: RecordEvent
  readonly metrics: Metrics
  /** The controller's own log, whose level can be set apart from the others'. */
  readonly log: Log
  /** Adds a watch of a kind that turned up while the controller runs; disposing of it stops following the kind. */
  readonly follow: (watch: Watch) => Disposable
  /** Has a name looked at for a reason that no watch tells of; nothing comes of it before the controller runs. */
  readonly wake: (name: ObjectName) => void
  /** Aborts when the controller is to end. */
  readonly signal: AbortSignal
}
/** One call of reconcile. Its client notes what it writes, so that the name is not run again before the cache shows it. */
export interface Turn {
  readonly client: Client
  readonly signal: AbortSignal
  /** Adds to the reason that the decision journal gives for this turn. */
  because(reason: string): void
}
export interface Watch {
  readonly resource: ResourceDefinition<any>
  /** Whether a change is of any concern; all are when left out. Not asked of what comes, goes or is told again. */
  matters?(next: any, previous: any): boolean
  /** Which names a change of this object concerns; asked for the object before the change and after it. */
  wake(object: any, cached: Cached): readonly ObjectName[]
  /** How long the names wait, in ms, so that what is told of them meanwhile is looked at once; not at all when left out. */
  batchMs?(settings: ControllerSettings): number
}
/** Returns a delay to be called again; throws to be retried with back-off. */
export type Reconcile = (name: ObjectName, turn: Turn) => Promise<{ readonly againInMs: number } | undefined>

/** One loop that makes what is, in one respect, as it is asked to be. */
export interface Controller {
  /** Kubernetes' name for it, as in `--controllers`. */
  readonly name: string
  /** The service account in kube-system whose rights it has, empty for the manager's own; where its events come from. */
  readonly account: string
  readonly eventSource?: string
  readonly watches: readonly Watch[]
  /** Names that are looked at once it runs, whatever there is. */
  readonly atStart?: readonly ObjectName[]
  /** How measures name its queue; its name without `-controller` when left out. */
  readonly queueName?: string
  /** How many names are in hand at once; 5 unless told otherwise. */
  readonly workers?: number
  /** How the decision journal names what a name stands for, when that is not an object of the first watched kind. */
  about?(name: ObjectName): string
  start(tools: Tools): Reconcile
}
