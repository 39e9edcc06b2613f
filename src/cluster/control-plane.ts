import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import {
  type ApiServer,
  type ApiServerParts,
  createApiServer,
  type Identity,
  joseSigner,
  type NetworkConnection,
  type NodeConnection,
  openAuthenticationFile,
  openAuthorizationFile,
  openOidc,
  serverNameOf,
} from '../apiserver/index.ts'
import { type Client, createClient, createInformers, type Informers, measuredTransport } from '../client/index.ts'
import {
  type Clock,
  type DecisionJournal,
  type KubeObject,
  type Log,
  type LogLevels,
  type Metrics,
  parseDuration,
  type Random,
  untilAborted,
} from '../machinery/index.ts'
import type { ResourceDefinition } from '../resources/index.ts'
import type { Store } from '../store/index.ts'
import { openFront } from '../wire/index.ts'
import type { Pki } from './certificates/pki.ts'
import { serverFlags } from './config/server-flags.ts'
import type { ClusterSettings } from './config/settings.ts'
import { idleKinds } from './idle-kinds.ts'
import { versionInfo } from './version.ts'

export interface ControlPlaneParts {
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly settings: ClusterSettings
  readonly pki: () => Pki
  readonly advertiseAddress: string
  readonly connectNode: NodeConnection
  readonly connectNetwork: NetworkConnection
  readonly metrics: Metrics
  readonly journal: DecisionJournal
  readonly log: Log
  readonly levels: LogLevels
  /** What is written down of requests, and where. */
  readonly audit?: ApiServerParts['audit']
  readonly tracing?: ApiServerParts['tracing']
  readonly healthChecks?: ApiServerParts['healthChecks']
}

/** A component's own view of the API: its rights, its client, its caches. */
export interface Access {
  readonly client: Client
  readonly informers: Informers
}

/** Names the identities that the parts of a cluster have, as kubeadm's certificates do. */
export const identities = {
  controllers: { name: 'system:kube-controller-manager', groups: ['system:authenticated'] },
  scheduler: { name: 'system:kube-scheduler', groups: ['system:authenticated'] },
  proxy: { name: 'system:kube-proxy', groups: ['system:authenticated'] },
  administrator: { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
  serviceAccount: (name: string): Identity => ({
    name: `system:serviceaccount:kube-system:${name}`,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  }),
  node: (name: string): Identity => ({ name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] }),
} as const

/** The API server of a cluster, its tokens signed with the cluster's key. */
export async function createControlPlane(parts: ControlPlaneParts): Promise<ApiServer> {
  const { settings, pki, clock, random, store, log } = parts
  const signer = joseSigner(() => pki().tokenKey(), `https://kubernetes.default.svc.${settings.network.clusterDomain}`)
  return createApiServer({
    clock,
    random,
    store,
    signer,
    clientCa: () => pki().authority.cert,
    proxyClient: () => ({ ...pki().frontProxyClient, authority: pki().frontProxyAuthority.cert }),
    serviceCidr: settings.network.serviceCidr,
    nodePorts: settings.network.nodePorts,
    advertise: { address: parts.advertiseAddress, port: settings.port },
    connectNode: parts.connectNode,
    connectNetwork: parts.connectNetwork,
    notActedUpon: idleKinds,
    version: versionInfo(),
    hostname: hostname(),
    inFlight: {
      readOnly: settings.serving?.maxRequestsInflight ?? 400,
      mutating: settings.serving?.maxMutatingRequestsInflight ?? 200,
    },
    shutdownDelayMs: parseDuration(settings.serving?.shutdownDelayDuration ?? '0s'),
    flags: () => serverFlags(settings, parts.advertiseAddress),
    metrics: parts.metrics,
    journal: parts.journal,
    levels: parts.levels,
    ...(parts.audit === undefined ? {} : { audit: parts.audit }),
    ...(parts.tracing === undefined ? {} : { tracing: parts.tracing }),
    ...(parts.healthChecks === undefined ? {} : { healthChecks: parts.healthChecks }),
    ...(settings.features === undefined ? {} : { features: settings.features }),
    ...(settings.podSecurity === undefined ? {} : { podSecurity: settings.podSecurity }),
    ...(await admissionOf(parts)),
    ...(await reviewersOf(parts)),
    ...(await authenticationOf(parts, signer.issuer)),
    ...(await authorizationOf(parts)),
    onError: (error, about) => log.error('request failed', error, { request: about }),
  })
}

/** Loaded only where other admission plugins take part than by default. */
async function admissionOf({
  settings,
  clock,
  connectNetwork,
  log,
}: ControlPlaneParts): Promise<Pick<ApiServerParts, 'admission'>> {
  if (settings.admission === undefined) return {}
  const [{ readAdmission }, { reviewsTo }] = await Promise.all([
    import('./config/admission.ts'),
    import('./connections/reviews.ts'),
  ])
  const postTo = (kubeConfigFile: string) => reviewsTo(kubeConfigFile, { clock, connectNetwork })
  const following = {
    clock,
    manifests: settings.features?.gates?.['ManifestBasedAdmissionControlConfig'] === true,
    serverId: serverNameOf(hostname()),
    complain: (error: string, plugin: string) =>
      log.error('manifests of admission are not reloaded', error, { plugin }),
  }
  return { admission: await readAdmission(settings.admission, postTo, following) }
}

/** Loaded only where servers outside are asked. */
async function reviewersOf(parts: ControlPlaneParts): Promise<Pick<ApiServerParts, 'reviewToken' | 'reviewAccess'>> {
  const { authentication, authorization } = parts.settings.reviewers ?? {}
  if (authentication === undefined && authorization === undefined) return {}
  const { reviewsTo } = await import('./connections/reviews.ts')
  return {
    ...(authentication === undefined ? {} : { reviewToken: reviewsTo(authentication, parts) }),
    ...(authorization === undefined ? {} : { reviewAccess: reviewsTo(authorization, parts) }),
  }
}

/** Loaded only where tokens of others are believed. */
async function authenticationOf(
  { settings, clock, log, metrics, connectNetwork }: ControlPlaneParts,
  issuer: string,
): Promise<Pick<ApiServerParts, 'authentication'>> {
  const { authenticationConfig, oidc } = settings
  if (authenticationConfig === undefined && oidc === undefined) return {}
  const parts = {
    ...{ clock, metrics, connectNetwork, ownAudiences: [issuer], ownIssuers: [issuer] },
    serverId: serverNameOf(hostname()),
    complain: (error: unknown, about: string) => log.warn(about, { error: String(error) }),
  }
  if (authenticationConfig !== undefined) {
    const { followedFile } = await import('./config/followed-file.ts')
    const file = followedFile(authenticationConfig, 'AuthenticationConfiguration', clock)
    return { authentication: await openAuthenticationFile(file, parts) }
  }
  const { caFile, ...options } = oidc!
  const authority = caFile === undefined ? {} : { certificateAuthority: await readFile(caFile, 'utf8') }
  return { authentication: await openOidc({ ...options, ...authority }, parts) }
}

/** Loaded only where a file says who is asked about rights. */
async function authorizationOf({
  settings,
  clock,
  log,
  metrics,
  connectNetwork,
}: ControlPlaneParts): Promise<Pick<ApiServerParts, 'authorization'>> {
  if (settings.authorizationConfig === undefined) return {}
  const [{ followedFile, fileProblem }, { reviewsTo }] = await Promise.all([
    import('./config/followed-file.ts'),
    import('./connections/reviews.ts'),
  ])
  const file = followedFile(settings.authorizationConfig, 'AuthorizationConfiguration', clock)
  const authorization = await openAuthorizationFile(file, {
    ...{ clock, metrics, fileProblem },
    serverId: serverNameOf(hostname()),
    postTo: (kubeConfigFile, timeoutMs) => reviewsTo(kubeConfigFile, { clock, connectNetwork, timeoutMs }),
    complain: (error, about) => log.warn(about, { error: String(error) }),
  })
  return { authorization }
}

/** The API on its port. */
export interface ServedApi {
  /** Shows another certificate to new connections. */
  present(pki: Pki): void
  /** Serves until the signal aborts, then closes every connection. */
  until(signal: AbortSignal): Promise<void>
}

/** Opens the API's port; rejects when it cannot be had. */
export async function serveApi(
  server: ApiServer,
  { settings, clock }: Pick<ControlPlaneParts, 'settings' | 'clock'>,
  pki: Pki,
): Promise<ServedApi> {
  const tlsOf = ({ apiServer, authority }: Pki) => ({ ...apiServer, clientCa: authority.cert })
  const front = await openFront({
    port: settings.port,
    tls: tlsOf(pki),
    clock,
    onRequest: server.onRequest,
    onUpgrade: server.onUpgrade,
  })
  return {
    present: (next) => front.renew(tlsOf(next)),
    async until(signal) {
      await using _front = front
      await untilAborted(signal)
    },
  }
}

/** Of Secrets that are no tokens, which may be many and large, controllers look at nothing that is inside. */
function keptByControllers<T extends KubeObject>({ group, kind }: ResourceDefinition<T>, object: T): T {
  if (kind !== 'Secret' || group !== '') return object
  const { data, ...rest } = object as T & { readonly type?: string; readonly data?: object }
  return data === undefined || tokenTypes.has(rest.type ?? '') ? object : (Object.freeze(rest) as unknown as T)
}
const tokenTypes: ReadonlySet<string> = new Set([
  'kubernetes.io/service-account-token',
  'bootstrap.kubernetes.io/token',
])

/** A component's access to the API in this process: rights and audit as over the wire, without bytes. */
export function accessFor(
  server: ApiServer,
  identity: Identity,
  userAgent: string,
  world: {
    readonly clock: Clock
    readonly random: Random
    readonly log: Log
    /** Where what it asks is counted, and as asked of whom. */
    readonly measured?: { readonly metrics: Metrics; readonly host: string }
  },
  signal: AbortSignal,
): Access {
  const transport = server.transportFor(identity, userAgent)
  const { clock, measured } = world
  const client = createClient(measured === undefined ? transport : measuredTransport(transport, { clock, ...measured }))
  const informers = createInformers(
    {
      client,
      clock: world.clock,
      random: world.random,
      ...(identity.name === identities.controllers.name ? { kept: keptByControllers } : {}),
      onFailure: (resource, error) =>
        world.log.warn('list or watch failed', { resource: resource.plural, error: String(error) }),
    },
    signal,
  )
  return { client, informers }
}
