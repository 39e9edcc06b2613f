import type { Clock, Random } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { WireReply, WireRequest } from '../../wire/index.ts'
import type { Auditor } from '../audit/auditor.ts'
import type { ImpersonatingIdentity } from '../authn/authenticate.ts'
import type { Authorizer } from '../authz/authorize.ts'
import type { Gate } from '../flow-control/gate.ts'
import type { KindSizes } from '../flow-control/kind-sizes.ts'
import type { Target } from '../handle/handle.ts'
import type { RequestMetrics } from '../operation/request-metrics.ts'
import type { Shutdown } from '../operation/shutdown.ts'
import type { Identity, RequestContext, Result } from '../request.ts'
import type { StorageVersions } from '../storage-versions/storage-versions.ts'
import type { StreamParts } from '../streams/streams.ts'
import type { Tracer } from '../tracing/tracer.ts'
import type { Aggregation } from './aggregate.ts'

export interface ServeParts {
  readonly aggregation: Aggregation
  readonly clock: Clock
  readonly random: Random
  readonly authenticate: (request: WireRequest, path: string) => Promise<ImpersonatingIdentity>
  readonly authorizer: Authorizer
  /** Decides when a request is served. */
  readonly gate: Gate
  readonly sizes: KindSizes
  readonly shutdown: Shutdown
  readonly handle: (target: Target, context: RequestContext) => Promise<Result>
  readonly resourceFor: (of: {
    group: string
    version: string
    resource: string
  }) => ResourceDefinition<any> | undefined
  /** Whether something of a group is served here or by an extension server. */
  readonly servesGroup: (group: string) => boolean
  readonly streams: StreamParts
  /** Left out when this server does not tell how it stores things. */
  readonly storageVersions: StorageVersions | undefined
  /** Whether CBOR is among the encodings (gate CBORServingAndStorage). */
  readonly cbor: boolean
  /** Answers paths that are not about resources; false when there is nothing at the path. */
  readonly paths: (
    request: WireRequest,
    url: URL,
    reply: WireReply,
    headers: Record<string, string>,
    identity: Identity,
  ) => Promise<boolean>
  readonly metrics: RequestMetrics
  /** Left out when nothing is written down of requests. */
  readonly auditor: Auditor | undefined
  /** Left out when no spans are made. */
  readonly tracer: Tracer | undefined
  readonly onError: (error: unknown, about: string) => void
}
