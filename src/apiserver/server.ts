import {
  DecisionJournal,
  describeSelf,
  firstAddress,
  healthAnswer,
  healthMeasures,
  LogLevels,
  Metrics,
} from '../machinery/index.ts'
import {
  apiGroups,
  customResourceDefinitions,
  loadDescriptions,
  metricsGroup,
  nodeMetrics,
  podMetrics,
  pods,
  type ResourceDefinition,
  rbacBootstrap,
} from '../resources/index.ts'
import { assembledAdmission } from './admission/assembled.ts'
import { withReservedNames } from './admission/manifests/reserved.ts'
import { ExpressionKinds } from './admission/policies/kinds.ts'
import { PolicyStatus } from './admission/policies/status.ts'
import { Aggregator } from './aggregation/aggregator.ts'
import { callRemote } from './aggregation/call.ts'
import { LocalApiServices } from './aggregation/local.ts'
import { Auditor } from './audit/auditor.ts'
import { authenticator } from './authn/authenticate.ts'
import { ServiceAccountTokens } from './authn/service-accounts.ts'
import { tokenCacheMeasures } from './authn/token-cache.ts'
import { tokenMeasures } from './authn/token-measures.ts'
import { firstOf, tokenAuthenticator } from './authn/tokens.ts'
import { webhookTokens } from './authn/webhook.ts'
import { authorizersOf } from './authz/ask-order.ts'
import { type Authorizer, createAuthorizer } from './authz/authorize.ts'
import { NodeAuthorizer } from './authz/node.ts'
import { type PolicyRule, RbacAuthorizer } from './authz/rbac.ts'
import { bootstrap, rulesOf } from './bootstrap/bootstrap.ts'
import { expireEvents } from './bootstrap/event-expiry.ts'
import { ServerIdentity } from './bootstrap/server-identity.ts'
import { conversionMeasures } from './custom-resources/conversion-measures.ts'
import { Declarations } from './custom-resources/follow.ts'
import { KindLoader } from './custom-resources/load.ts'
import { compareVersions } from './custom-resources/versions.ts'
import { webhookConverter } from './custom-resources/webhook-conversion.ts'
import { aggregatedDiscovery, servedGroups } from './discovery/discovery.ts'
import { ServedResources } from './discovery/served.ts'
import { featuresOf } from './features.ts'
import { FlowControl } from './flow-control/flow-control.ts'
import { Gate } from './flow-control/gate.ts'
import { KindSizes } from './flow-control/kind-sizes.ts'
import { FlowObjects } from './flow-control/objects.ts'
import { flowPage } from './flow-control/pages.ts'
import { notServed, requestHandler } from './handle/handle.ts'
import { pathHandler, verdictsAnswer } from './http/paths.ts'
import { httpHandlers } from './http/serve.ts'
import { type InProcessParts, inProcess } from './in-process.ts'
import { descriptionsOf } from './openapi/descriptions.ts'
import { OpenApi } from './openapi/openapi.ts'
import { serverHealth } from './operation/health.ts'
import { historyDefault, keepHistory } from './operation/history.ts'
import { measuredStore } from './operation/measured-store.ts'
import { podResourcesText } from './operation/pod-resources.ts'
import { requestMetrics } from './operation/request-metrics.ts'
import { serverReadings } from './operation/server-readings.ts'
import { Shutdown } from './operation/shutdown.ts'
import { StartUp } from './operation/start-up.ts'
import type { ApiServer, ApiServerParts } from './parts.ts'
import { listMeasures } from './registry/list-measures.ts'
import { Registry } from './registry/registry.ts'
import type { Identity } from './request.ts'
import { resourceMetrics } from './resource-metrics/handlers.ts'
import { Scraper } from './resource-metrics/scraper.ts'
import { serviceAllocation } from './service-addresses/allocation.ts'
import { StorageVersions } from './storage-versions/storage-versions.ts'
import { otherSubresources } from './subresources/others.ts'
import { podSubresources } from './subresources/pods.ts'
import { type ReviewParts, reviewHandlers } from './subresources/reviews.ts'
import { scaleHandler, scaleSubresources } from './subresources/scale.ts'
import { subresourcesFrom } from './subresources/subresources.ts'
import { Tracer } from './tracing/tracer.ts'
import { WatchHub } from './watch/hub.ts'

const eventTtlDefaultMs = 60 * 60_000
/** Kubernetes: --max-requests-inflight and --max-mutating-requests-inflight, which are one sum. */
const inFlightDefault = { readOnly: 400, mutating: 200 }

/** The API server over a store. It owns nothing it was given. */
export function createApiServer(parts: ApiServerParts): ApiServer {
  const { clock, random, signer } = parts
  const metrics = parts.metrics ?? new Metrics()
  const journal = parts.journal ?? new DecisionJournal()
  const features = featuresOf(parts.features, metrics)
  let isReady = false
  const hasBegun = () => isReady
  const store = measuredStore(parts.store, clock, metrics, () => served.resources, hasBegun)
  const hub = new WatchHub(store)
  const allocation = serviceAllocation({ ...parts, ...{ hub, metrics }, registry: () => registry })
  const onError = parts.onError ?? (() => {})
  const { connectNetwork } = parts
  const admission = assembledAdmission({
    ...parts,
    ...{ store, hub, metrics, onError },
    gates: features.gates,
    registry: () => registry,
    authorizer: () => authorizer,
    rbac: () => rbac,
    served: () => served,
    complete: (definition) => complete(definition),
  })
  const registry: Registry = new Registry({
    store,
    hub,
    clock,
    random,
    admission: admission.chain,
    countList: listMeasures(metrics),
    allocations: new Map([['/services', allocation]]),
  })
  const rbac: RbacAuthorizer = new RbacAuthorizer(registry, hub)
  const nodeRules = rulesOf(rbacBootstrap().clusterRoles.find(({ name }) => name === 'system:node')!, features.gates)
  const nodes = new NodeAuthorizer(registry, nodeRules as readonly PolicyRule[])
  const authorizer: Authorizer = createAuthorizer(authorizersOf(parts, { rbac, nodes, metrics }), clock, metrics)
  const tokenCache = tokenCacheMeasures(metrics, clock)
  const tokens = new ServiceAccountTokens({
    ...{ registry, signer, clock, random, cache: tokenCache },
    onUse: tokenMeasures(metrics),
  })
  const authenticateToken = tokenAuthenticator({
    ...{ registry, clock, tokens },
    elsewhere: firstOf([
      parts.authentication?.authenticateToken,
      parts.reviewToken === undefined
        ? undefined
        : webhookTokens(parts.reviewToken, clock, tokens.audiences, tokenCache),
    ]),
  })
  const reviews: ReviewParts = { authorizer, rbac, authenticateToken, clock }
  const scraper = new Scraper({ ...parts, registry: () => registry, onError })
  const subresources = subresourcesFrom(
    scaleHandler(registry, clock),
    podSubresources(registry, clock),
    scaleSubresources(registry, clock),
    reviewHandlers(reviews),
    otherSubresources(registry, tokens, clock),
    resourceMetrics({ registry, scraper, clock }),
  )
  const handle = requestHandler({ registry, authorizer, subresources, clock })
  const expressionKinds = new ExpressionKinds()
  const converting = { call: admission.call, random, clock, measured: conversionMeasures(metrics) }
  const kinds = new KindLoader({ converterOf: (crd) => webhookConverter(crd, converting) })
  const complete = (one: ResourceDefinition<any>) =>
    features.gated(one === customResourceDefinitions ? kinds.definition : expressionKinds.complete(one))
  const builtIn = features.served.map((one) => withReservedNames(complete(one), features.gates))
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
  const start = new StartUp()
  const slis = new Metrics()
  const health = serverHealth({
    start: start.checks(identity !== undefined),
    isReady: () => isReady,
    shutdown: () => shutdown.problem,
    checks: parts.healthChecks,
  })
  let resolveReady = () => {}
  const ready = new Promise<void>((resolve) => {
    resolveReady = resolve
  })
  serverReadings(metrics, parts.version, store, hub, () => served.resources)
  const podResources = async () => podResourcesText(await registry.all(pods))
  metrics.gaugeOf('apiserver_registered_watchers', 'Number of currently registered watchers', () => hub.watcherCount)
  metrics.gaugeOf('apiserver_storage_revision', 'Newest revision of the store', () => store.revision())
  const measures = requestMetrics(metrics)
  const { onRequest, onUpgrade } = httpHandlers({
    clock,
    random,
    authenticate: authenticator({
      ...{ clock, authenticateToken, clientCa: parts.clientCa },
      anonymous: parts.authentication?.anonymous,
      certificateLasts: measures.certificateLasts,
    }),
    authorizer,
    gate: new Gate(flow, clock, metrics),
    sizes: new KindSizes(store, clock),
    shutdown,
    handle,
    resourceFor,
    servesGroup: (name) => name !== '' && servedGroups(served).some(({ group }) => group === name),
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
      ...{ health, slis },
      clock,
    }),
    metrics: measures,
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
    return aggregatedDiscovery(served, path === '/api')
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
      start.reach('bootstrapped')
      await admission.load()
      start.reach('admitting')
      const aggregated = aggregator.run(signal)
      const declared = declarations.run(signal)
      await declarations.ready
      start.reach('declared')
      await local.settle()
      start.reach('registered')
      isReady = true
      // Unlike Kubernetes, nobody need probe a server: it looks at itself once, so that its health is measured.
      healthAnswer(health, '/healthz', new URL('http://localhost/healthz'), healthMeasures(slis))
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
        admission.run(signal),
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
