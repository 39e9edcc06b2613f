import {
  type ApiCall,
  type ApiReply,
  type Clock,
  DecisionJournal,
  describeSelf,
  firstAddress,
  type KubeObject,
  LogLevels,
  Metrics,
  type Random,
  type Transport,
  type WatchEvent,
} from '../machinery/index.ts'
import {
  apiGroups,
  customResourceDefinitions,
  loadDescriptions,
  metricsGroup,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  nodeMetrics,
  podMetrics,
  pods,
  type ResourceDefinition,
  rbacBootstrap,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../resources/index.ts'
import type { Store } from '../store/index.ts'
import type { RequestHandler, UpgradeHandler } from '../wire/index.ts'
import { admissionChain } from './admission/admission.ts'
import type { PodSecurityConfiguration } from './admission/built-in/pod-security.ts'
import { builtInAdmission } from './admission/chain.ts'
import { admissionMeasures, webhookMeasures } from './admission/measures.ts'
import type { AdmissionChoice } from './admission/on-demand/choice.ts'
import { authorizerFor } from './admission/policies/ask.ts'
import { ExpressionKinds } from './admission/policies/kinds.ts'
import { policyMeasures } from './admission/policies/measures.ts'
import { Params } from './admission/policies/params.ts'
import type { PolicyParts } from './admission/policies/parts.ts'
import { PolicyList } from './admission/policies/policy-list.ts'
import { PolicyStatus } from './admission/policies/status.ts'
import { WebhookList } from './admission/webhooks/hooks.ts'
import type { WebhookPluginParts } from './admission/webhooks/plugins.ts'
import { Aggregator } from './aggregation/aggregator.ts'
import { callRemote } from './aggregation/call.ts'
import type { ProxyClient } from './aggregation/extension.ts'
import { LocalApiServices } from './aggregation/local.ts'
import { Auditor, type AuditSink } from './audit/auditor.ts'
import { audited, auditedCall } from './audit/calls.ts'
import type { AuditPolicy } from './audit/policy.ts'
import { authenticator } from './authn/authenticate.ts'
import { ServiceAccountTokens } from './authn/service-accounts.ts'
import type { Signer } from './authn/signer.ts'
import { firstOf, tokenAuthenticator } from './authn/tokens.ts'
import { webhookTokens } from './authn/webhook.ts'
import { authorizersOf } from './authz/ask-order.ts'
import { type Authorizer, createAuthorizer } from './authz/authorize.ts'
import { NodeAuthorizer } from './authz/node.ts'
import { type PolicyRule, RbacAuthorizer } from './authz/rbac.ts'
import { bootstrap, rulesOf } from './bootstrap/bootstrap.ts'
import { expireEvents } from './bootstrap/event-expiry.ts'
import { ServerIdentity } from './bootstrap/server-identity.ts'
import { Declarations } from './custom-resources/follow.ts'
import { KindLoader } from './custom-resources/load.ts'
import { compareVersions } from './custom-resources/versions.ts'
import { webhookConverter } from './custom-resources/webhook-conversion.ts'
import { aggregatedDiscovery } from './discovery/discovery.ts'
import { ServedResources } from './discovery/served.ts'
import { type FeatureChoice, featuresOf } from './features.ts'
import { FlowControl } from './flow-control/flow-control.ts'
import { Gate } from './flow-control/gate.ts'
import { KindSizes } from './flow-control/kind-sizes.ts'
import { FlowObjects } from './flow-control/objects.ts'
import { flowPage } from './flow-control/pages.ts'
import { notServed, requestHandler, type Target } from './handle/handle.ts'
import { listObject } from './handle/objects.ts'
import { pathHandler, type VersionInfo, verdictsAnswer } from './http/paths.ts'
import { bookmarkOf } from './http/render.ts'
import { httpHandlers } from './http/serve.ts'
import { descriptionsOf } from './openapi/descriptions.ts'
import { OpenApi } from './openapi/openapi.ts'
import type { HealthCheck } from './operation/health.ts'
import { podResourcesText } from './operation/pod-resources.ts'
import { requestMetrics } from './operation/request-metrics.ts'
import { serverReadings } from './operation/server-readings.ts'
import { Shutdown } from './operation/shutdown.ts'
import { asVersion } from './registry/draft.ts'
import { atRevision, objectOf } from './registry/encoding.ts'
import { Registry } from './registry/registry.ts'
import type { Identity, RequestContext, Result } from './request.ts'
import { resourceMetrics } from './resource-metrics/handlers.ts'
import { Scraper } from './resource-metrics/scraper.ts'
import { serviceAllocation } from './service-addresses/allocation.ts'
import { StorageVersions } from './storage-versions/storage-versions.ts'
import type { NetworkConnection, NodeConnection } from './streams/connections.ts'
import type { Authentication, Authorization } from './structured/open.ts'
import { otherSubresources } from './subresources/others.ts'
import { podSubresources } from './subresources/pods.ts'
import { type ReviewParts, reviewHandlers } from './subresources/reviews.ts'
import { scaleHandler, scaleSubresources } from './subresources/scale.ts'
import { subresourcesFrom } from './subresources/subresources.ts'
import { type SpanSink, Tracer } from './tracing/tracer.ts'
import type { HubEvent } from './watch/event.ts'
import { WatchHub } from './watch/hub.ts'
import { webhookCaller } from './webhooks/call.ts'
import type { WebhookCredentials } from './webhooks/credentials.ts'
import type { PostReview } from './webhooks/post-review.ts'

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
  readonly history?: { readonly ms: number; readonly revisions: number }
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

const eventTtlDefaultMs = 60 * 60_000
const historyDefault = { ms: 60 * 60_000, revisions: 100_000 }
/** Kubernetes: --max-requests-inflight and --max-mutating-requests-inflight, which are one sum. */
const inFlightDefault = { readOnly: 400, mutating: 200 }
const compactionPeriodMs = 5 * 60_000

/** The API server over a store. It owns nothing it was given. */
export function createApiServer(parts: ApiServerParts): ApiServer {
  const { clock, random, store, signer } = parts
  const metrics = parts.metrics ?? new Metrics()
  const journal = parts.journal ?? new DecisionJournal()
  const features = featuresOf(parts.features, metrics)
  const hub = new WatchHub(store)
  const allocation = serviceAllocation({ ...parts, hub, registry: () => registry })
  const onError = parts.onError ?? (() => {})
  const { connectNetwork } = parts
  const callAs = (credentials?: WebhookCredentials) =>
    webhookCaller({ registry: () => registry, connectNetwork, clock, credentials })
  const call = callAs()
  const webhooks: WebhookPluginParts = {
    registry: () => registry,
    versionsOf: (definition) => served.versionsOf(definition),
    mutating: new WebhookList(hub, true),
    validating: new WebhookList(hub, false),
    call,
    random,
    measures: webhookMeasures(clock, metrics),
    conditionsHold: async ({ webhook }, attributes, invocation) => {
      const { webhookConditionsHold } = await import('./admission/policies/webhook-conditions.ts')
      return webhookConditionsHold(webhook, attributes, invocation, authorizerFor(authorizer, attributes.identity))
    },
    onFailOpen: ({ webhook }, error) => onError(error, `webhook ${webhook.name}, passed over`),
  }
  const policies: PolicyParts = {
    registry: () => registry,
    versionsOf: (definition) => served.versionsOf(definition),
    validating: new PolicyList(hub, validatingAdmissionPolicies, validatingAdmissionPolicyBindings),
    mutating: new PolicyList(hub, mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings),
    params: new Params({ registry: () => registry, hub, resources: () => served.resources }),
    authorizerFor: (identity) => authorizerFor(authorizer, identity),
    measures: policyMeasures(clock, metrics),
  }
  const registry: Registry = new Registry({
    store,
    hub,
    clock,
    random,
    admission: admissionChain(
      builtInAdmission(parts, {
        registry: () => registry,
        authorizer: () => authorizer,
        rbac: () => rbac,
        metrics,
        webhooks,
        callAs,
        policies,
        resources: () => served.resources,
        gates: features.gates,
      }),
      admissionMeasures(clock, metrics),
    ),
    allocations: new Map([['/services', allocation]]),
  })
  const rbac: RbacAuthorizer = new RbacAuthorizer(registry, hub)
  const nodeRules = rulesOf(rbacBootstrap().clusterRoles.find(({ name }) => name === 'system:node')!, features.gates)
  const nodes = new NodeAuthorizer(registry, nodeRules as readonly PolicyRule[])
  const authorizer: Authorizer = createAuthorizer(authorizersOf(parts, { rbac, nodes, metrics }), clock, metrics)
  const tokens = new ServiceAccountTokens({ registry, signer, clock, random })
  const authenticateToken = tokenAuthenticator({
    ...{ registry, clock, tokens },
    elsewhere: firstOf([
      parts.authentication?.authenticateToken,
      parts.reviewToken === undefined ? undefined : webhookTokens(parts.reviewToken, clock, tokens.audiences),
    ]),
  })
  const reviews: ReviewParts = { authorizer, rbac, authenticateToken }
  const scraper = new Scraper({ ...parts, registry: () => registry, onError })
  const subresources = subresourcesFrom(
    scaleHandler(registry),
    podSubresources(registry, clock),
    scaleSubresources(registry),
    reviewHandlers(reviews),
    otherSubresources(registry, tokens, clock),
    resourceMetrics({ registry, scraper, clock }),
  )
  const handle = requestHandler({ registry, authorizer, subresources, clock })
  const expressionKinds = new ExpressionKinds()
  const kinds = new KindLoader({ converterOf: (crd) => webhookConverter(crd, call, random) })
  const builtIn = features.served.map((one) =>
    features.gated(one === customResourceDefinitions ? kinds.definition : expressionKinds.complete(one)),
  )
  const served = new ServedResources(
    [...builtIn, nodeMetrics, podMetrics],
    [...apiGroups, metricsGroup],
    compareVersions,
  )
  const resourceFor = (of: { group: string; version: string; resource: string }) => served.find(of)
  const declarations = new Declarations({
    registry,
    hub,
    clock,
    served,
    load: kinds.load,
    onServed: () => void local.settle().catch((error: unknown) => onError(error, 'apiservices')),
    onError,
  })
  const extensions = { registry: () => registry, connectNetwork, proxyClient: parts.proxyClient ?? (() => undefined) }
  const aggregator = new Aggregator({
    ...extensions,
    ...{ hub, clock, served, metrics, onError },
    onReturned: (name) => void local.restore(name).catch((error: unknown) => onError(error, 'apiservices')),
  })
  const local = new LocalApiServices({ registry: () => registry, served, clock })
  const openApi = new OpenApi({
    published: () => served.published,
    version: kubernetesVersionOf(parts.version.gitVersion),
    descriptions: async () => descriptionsOf(await loadDescriptions()),
    extensions: aggregator.olderSections,
    pause: () => clock.sleep(0),
  })
  const auditor = parts.audit === undefined ? undefined : new Auditor({ ...parts.audit, clock, random, metrics })
  const inFlight = parts.inFlight ?? inFlightDefault
  const flow = new FlowControl({ clock, seats: inFlight.readOnly + inFlight.mutating })
  const flowObjects = new FlowObjects({ registry, hub, clock, random, flow, onError })
  const shutdown = new Shutdown(clock)
  const identity =
    parts.hostname === undefined || !features.gates.enabled('APIServerIdentity')
      ? undefined
      : new ServerIdentity({ registry, clock, random, hostname: parts.hostname, onError })
  const told =
    identity === undefined || !features.gates.enabled('StorageVersionAPI')
      ? undefined
      : new StorageVersions({ registry, clock, served: features.served, serverName: identity.name, onError })
  let isReady = false
  let resolveReady = () => {}
  const ready = new Promise<void>((resolve) => {
    resolveReady = resolve
  })
  const ping = { name: 'ping', check: () => '' }
  const bootstrapped = {
    name: 'poststarthook/start-kube-apiserver-admission-initializer',
    check: () => (isReady ? '' : 'not finished'),
  }
  const rbacHook = { name: 'poststarthook/rbac/bootstrap-roles', check: () => (isReady ? '' : 'not finished') }
  const livez = [
    ...[ping, { name: 'log', check: () => '' }, { name: 'etcd', check: () => '' }],
    ...(parts.healthChecks ?? []),
    ...[bootstrapped, rbacHook],
  ]
  serverReadings(metrics, parts.version, store, hub, () => served.resources)
  const podResources = async () => podResourcesText(await registry.all(pods))
  metrics.gaugeOf('apiserver_registered_watchers', 'Number of currently registered watchers', () => hub.watcherCount)
  metrics.gaugeOf('apiserver_storage_revision', 'Newest revision of the store', () => store.revision())
  const { onRequest, onUpgrade } = httpHandlers({
    clock,
    random,
    authenticate: authenticator({
      ...{ clock, authenticateToken, clientCa: parts.clientCa },
      anonymous: parts.authentication?.anonymous,
    }),
    authorizer,
    gate: new Gate(flow, clock, metrics),
    sizes: new KindSizes(store, clock),
    shutdown,
    handle,
    resourceFor,
    storageVersions: told,
    cbor: features.gates.enabled('CBORServingAndStorage'),
    auditor,
    tracer: parts.tracing && new Tracer({ clock, random, ...parts.tracing }),
    aggregation: { aggregator, parts: extensions },
    streams: { registry, connectNode: parts.connectNode, connectNetwork: parts.connectNetwork },
    paths: pathHandler({
      remoteOpenApi: () => Object.assign({}, ...[...aggregator.remotes].map(({ openApi }) => openApi)),
      served,
      openApi,
      signer,
      version: parts.version,
      address: `${parts.advertise.address}:${parts.advertise.port}`,
      metrics,
      journal,
      levels: parts.levels ?? new LogLevels(() => 0),
      self: describeSelf('kube-apiserver', parts, features.gates),
      pages: (path, search) => flowPage(flow, clock, path, search),
      podResources,
      health: {
        livez,
        readyz: [
          ...livez,
          { name: 'informer-sync', check: () => (isReady ? '' : 'not synced') },
          { name: 'shutdown', check: () => shutdown.problem },
        ],
      },
      clock,
    }),
    metrics: requestMetrics(metrics),
    onError,
  })
  const elsewhere: InProcessParts['elsewhere'] = ({ group, version }, ofCall) => {
    const remote = aggregator.remote(group, version)
    return remote === undefined
      ? undefined
      : (call, signal) => callRemote(remote, { ...extensions, authorizer }, ofCall, call, signal)
  }
  const documentFor = async (identity: Identity, path: string): Promise<object> => {
    const nothing = { group: '', resource: '', subresource: '', namespace: '', name: '' }
    await authorizer.check(identity, { verb: 'get', ...nothing, path })
    const verdicts = verdictsAnswer(journal, path)
    if (verdicts !== undefined) return verdicts
    if (path !== '/api' && path !== '/apis') throw notServed()
    return aggregatedDiscovery(served, path === '/api', 'v2')
  }
  return {
    metrics,
    journal,
    onRequest,
    onUpgrade,
    signToken: (claims) => signer.sign(claims as Readonly<Record<string, unknown>>),
    ready: () => ready,
    drain: () =>
      shutdown.run(parts.shutdownDelayMs ?? 0, async () => {
        await identity?.end().catch((error: unknown) => onError(error, 'the lease of this server'))
      }),
    podResources,
    transportFor: (identity, userAgent) =>
      inProcess({ clock, random, handle, resourceFor, documentFor, auditor, elsewhere }, identity, userAgent),
    async run(signal) {
      const following = hub.run(signal)
      await allocation.restore()
      await bootstrap({
        registry,
        serviceCidrs: allocation.ranges.configured.map(({ cidr }) => cidr),
        advertise: parts.advertise,
        kubernetesServiceIp: firstAddress(allocation.ranges.configured[0].cidr),
        clientCa: parts.clientCa(),
        frontProxyCa: parts.proxyClient?.()?.authority,
        nowMs: clock.now(),
        gates: features.gates,
      })
      await Promise.all([
        webhooks.mutating.load(registry, true),
        webhooks.validating.load(registry, false),
        policies.validating.load(registry),
        policies.mutating.load(registry),
      ])
      const aggregated = aggregator.run(signal)
      const declared = declarations.run(signal)
      await declarations.ready
      await local.settle()
      isReady = true
      resolveReady()
      const policyStatus = new PolicyStatus({ registry, hub, published: () => served.published, onError })
      using _addresses = await allocation.repair()
      using _events = expireEvents(registry, hub, clock, parts.eventTtlMs ?? eventTtlDefaultMs)
      await Promise.all([
        following,
        declared,
        scraper.run(signal),
        aggregated,
        policyStatus.run(signal),
        parts.authentication?.run(signal),
        flowObjects.run(signal),
        parts.authorization?.run(signal),
        identity?.run(signal),
        identity && told?.run(identity.leased, signal),
        keepHistory(store, clock, parts.history ?? historyDefault, signal),
      ])
    },
  }
}

/** `v1.36.2+coxswain.0.1.0` → `v1.36.2`. */
function kubernetesVersionOf(gitVersion: string): string {
  return gitVersion.split('+')[0] ?? gitVersion
}

/** Compacts what is older than history is to be kept. */
async function keepHistory(
  store: Store,
  clock: Clock,
  limits: { readonly ms: number; readonly revisions: number },
  signal: AbortSignal,
): Promise<void> {
  const marks: { readonly atMs: number; readonly revision: number }[] = []
  while (!signal.aborted) {
    await clock.sleep(compactionPeriodMs, signal).catch(() => {})
    if (signal.aborted) return
    marks.push({ atMs: clock.monotonic(), revision: store.revision() })
    while (marks.length > 1 && clock.monotonic() - marks[1]!.atMs >= limits.ms) marks.shift()
    const byAge = clock.monotonic() - marks[0]!.atMs >= limits.ms ? marks[0]!.revision : 0
    const target = Math.max(byAge, store.revision() - limits.revisions)
    if (target > store.compactedTo()) await store.compact(target)
  }
}

interface InProcessParts {
  readonly clock: Clock
  readonly random: Random
  readonly handle: (target: Target, context: RequestContext) => Promise<Result>
  readonly resourceFor: (of: {
    group: string
    version: string
    resource: string
  }) => ResourceDefinition<any> | undefined
  readonly documentFor: (identity: Identity, path: string) => Promise<object>
  readonly auditor: Auditor | undefined
  /** The way to another server that serves the group version, where there is one. */
  readonly elsewhere: (
    of: { readonly group: string; readonly version: string },
    identity: Identity,
  ) => ((call: ApiCall, signal: AbortSignal) => Promise<ApiReply>) | undefined
}

/** The same handler, without bytes: objects go in and frozen objects come out. */
function inProcess(parts: InProcessParts, identity: Identity, userAgent: string): Transport {
  const { handle, resourceFor, documentFor } = parts
  return async (call: ApiCall, signal: AbortSignal = neverAborted): Promise<ApiReply> => {
    if (call.path !== undefined) return { code: 200, body: await documentFor(identity, call.path) }
    const remote = parts.elsewhere(call, identity)
    if (remote !== undefined) return remote(call, signal)
    const definition = resourceFor(call)
    if (definition === undefined) throw notServed()
    const query = call.query ?? {}
    const warnings: string[] = []
    const audit = parts.auditor?.begin(auditedCall(parts, call, identity, userAgent))
    const context: RequestContext = {
      ...(audit === undefined ? {} : { audit }),
      identity,
      query,
      manager: query.fieldManager ?? userAgent,
      dryRun: query.dryRun === 'All',
      fieldValidation: 'Ignore',
      warnings,
      signal,
    }
    const target: Target = {
      verb: call.verb,
      definition,
      namespace: call.namespace,
      name: call.name,
      subresource: call.subresource ?? '',
      body: call.body,
      ...(call.patchType === undefined ? {} : { patchType: call.patchType }),
    }
    const result = await audited(audit, () => handle(target, context))
    const more = warnings.length === 0 ? {} : { warnings }
    if (result.type === 'watch') return { code: 200, events: objectsOf(result), ...more }
    if (result.type === 'list') return { code: 200, body: listObject(result), ...more }
    return { code: result.code, body: result.type === 'object' ? result.object : result.body, ...more }
  }
}

const neverAborted = new AbortController().signal

async function* objectsOf({ definition, events }: Result & { type: 'watch' }): AsyncIterable<readonly WatchEvent[]> {
  for await (const batch of events) yield batch.map((event) => objectEvent(definition, event))
}

function objectEvent(definition: ResourceDefinition<any>, event: HubEvent): WatchEvent {
  if (event.type === 'BOOKMARK' || event.entry === undefined)
    return { type: 'BOOKMARK', object: bookmarkOf(definition, event) as any }
  return {
    type: event.type,
    object: atRevision(asVersion(definition, objectOf(definition, event.entry)) as KubeObject, event.revision),
  }
}
