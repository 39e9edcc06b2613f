import type { Clock, DecisionJournal, HealthCheck, LogLevels, Metrics, Random, Transport } from '../machinery/index.ts'
import type { Store } from '../store/index.ts'
import type { RequestHandler, UpgradeHandler } from '../wire/index.ts'
import type { PodSecurityConfiguration } from './admission/built-in/pod-security.ts'
import type { AdmissionChoice } from './admission/on-demand/choice.ts'
import type { ProxyClient } from './aggregation/extension.ts'
import type { AuditSink } from './audit/auditor.ts'
import type { AuditPolicy } from './audit/policy.ts'
import type { Signer } from './authn/signer.ts'
import type { FeatureChoice } from './features.ts'
import type { VersionInfo } from './http/paths.ts'
import type { HistoryLimits } from './operation/history.ts'
import type { Identity } from './request.ts'
import type { NetworkConnection, NodeConnection } from './streams/connections.ts'
import type { Authentication, Authorization } from './structured/open.ts'
import type { SpanSink } from './tracing/tracer.ts'
import type { PostReview } from './webhooks/post-review.ts'

/** What an API server is given. */
export interface ApiServerParts {
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly signer: Signer
  /** PEM of the authority whose client certificates are trusted; asked for on each request, it may be renewed. */
  readonly clientCa: () => string
  readonly serviceCidr: string
  readonly nodePorts: { readonly from: number; readonly to: number }
  /** Where pods and nodes reach this server. */
  readonly advertise: { readonly address: string; readonly port: number }
  readonly connectNode: NodeConnection
  readonly connectNetwork: NetworkConnection
  /** Who this server is to extension servers (APIService), which believe it about who is calling. */
  readonly proxyClient?: () => ProxyClient | undefined
  /** Kinds (`group/plural`) that are stored while nothing acts on them: writes to them carry a warning. */
  readonly notActedUpon: ReadonlySet<string>
  readonly version: VersionInfo
  /** What pods may do where their namespace does not say; everything, unless given. */
  readonly podSecurity?: PodSecurityConfiguration
  /** Which admission plugins take part where not by default, and what they go by. */
  readonly admission?: AdmissionChoice
  /** Asks a server outside about tokens that are not the cluster's own (TokenReview). */
  readonly reviewToken?: PostReview
  /** Issuers of tokens that are believed, and who may come without a token; the cluster's own alone when left out. */
  readonly authentication?: Authentication
  /** Who is asked about rights, in order; node rules, RBAC and `reviewAccess` when left out. */
  readonly authorization?: Authorization
  /** Asks a server outside about what neither node rules nor RBAC allow (SubjectAccessReview). */
  readonly reviewAccess?: PostReview
  /** What is written down of requests, and where it goes; nothing is when left out. */
  readonly audit?: { readonly policy: AuditPolicy; readonly sinks: readonly AuditSink[] }
  /** Which features are on and which APIs are served, where not by default. */
  readonly features?: FeatureChoice
  readonly metrics?: Metrics
  readonly journal?: DecisionJournal
  /** How much each part of the process logs; it can be asked and changed at /debug/flags/v. */
  readonly levels?: LogLevels
  /** What else must be well for the server to be so. */
  readonly healthChecks?: readonly HealthCheck[]
  /** How long events live, and history can be asked for. */
  readonly eventTtlMs?: number
  readonly history?: HistoryLimits
  /** How many requests are served at once, those that only read and those that do not. */
  readonly inFlight?: { readonly readOnly: number; readonly mutating: number }
  /** The machine's name: a Lease says that the server is there. There is none when left out. */
  readonly hostname?: string
  /** What the server was started with, under the names of Kubernetes' flags: what /flagz says. */
  readonly flags?: () => Readonly<Record<string, string>>
  /** How long requests are still served as ever while /readyz says that the server goes down. */
  readonly shutdownDelayMs?: number
  /** Where spans of requests go, and how many are made; without, none are. */
  readonly tracing?: { readonly samplingRatePerMillion: number; readonly sink: SpanSink }
  readonly onError?: (error: unknown, about: string) => void
}

export interface ApiServer {
  /** The API for a caller in this process: same rights, admission and validation as over HTTP, no bytes. */
  transportFor(identity: Identity, userAgent: string): Transport
  readonly onRequest: RequestHandler
  readonly onUpgrade: UpgradeHandler
  /** Follows the store, fills in what every cluster has, then serves until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
  /** Signs what a token of a service account is to say. */
  signToken(claims: object): Promise<string>
  /** Goes out of service: no longer ready, then watches end and requests under way are finished. Before the signal aborts. */
  drain(): Promise<void>
  /** Resolves once everything every cluster has is there. */
  ready(): Promise<void>
  readonly metrics: Metrics
  readonly journal: DecisionJournal
  /** What pods ask for, in the format of metrics. */
  podResources(): Promise<string>
}
